type Json = Record<string, unknown>

// Lists whose items have a name of their own: a patch changes the item of that name instead of the whole list.
const ITEM_KEYS: Readonly<Record<string, string>> = {
  containerDefinitions: 'name',
  environment: 'name',
  secrets: 'name',
  volumes: 'name',
  tags: 'key',
}

/**
 * `target` with a JSON merge patch applied (https://www.rfc-editor.org/rfc/rfc7396): objects are merged, null takes
 * away, anything else replaces. Containers, variables, secrets, volumes and tags are matched by name, added when new,
 * and taken away by `{name: …, $remove: true}`.
 */
export function mergePatch(target: unknown, patch: unknown, key = ''): unknown {
  const itemKey = ITEM_KEYS[key]
  if (itemKey !== undefined && Array.isArray(patch)) return mergeItems(listOf(target), patch, itemKey)
  if (!isObject(patch)) return patch
  const merged: Json = isObject(target) ? {...target} : {}
  for (const [name, value] of Object.entries(patch)) {
    if (value === null) Reflect.deleteProperty(merged, name)
    else merged[name] = mergePatch(merged[name], value, name)
  }
  return merged
}

function mergeItems(target: readonly unknown[], patch: readonly unknown[], itemKey: string): unknown[] {
  const merged = [...target]
  for (const item of patch) {
    if (!isObject(item)) continue
    const at = merged.findIndex((other) => isObject(other) && other[itemKey] === item[itemKey])
    if (item['$remove'] === true) merged.splice(at < 0 ? merged.length : at, 1)
    else if (at < 0) merged.push(mergePatch({}, item))
    else merged[at] = mergePatch(merged[at], item)
  }
  return merged
}

function listOf(value: unknown): readonly unknown[] {
  return Array.isArray(value) ? (value as readonly unknown[]) : []
}

function isObject(value: unknown): value is Json {
  return typeof value === 'object' && value !== null && !Array.isArray(value)
}
