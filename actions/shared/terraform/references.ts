import {isRecord, recordAt} from '../core/json.ts'

/** That one resource or module of the configuration is referred to by another; addresses without keys. */
export interface Reference {
  readonly from: string
  readonly to: string
}

/** The references of one resource in a plan's configuration. @param module the address of the module it is in */
export function referencesOf(resource: unknown, module: string): Reference[] {
  if (!isRecord(resource) || typeof resource['address'] !== 'string') return []
  const to = within(module, resource['address'])
  return targets(resource, module).map((from) => ({from, to}))
}

/** The references of the modules that are called, and of all inside them. */
export function referencesOfCalls(calls: unknown, parent: string): Reference[] {
  if (!isRecord(calls)) return []
  return Object.entries(calls).flatMap(([name, call]) => {
    if (!isRecord(call)) return []
    const address = within(parent, `module.${name}`)
    const inner = recordAt(call, 'module')
    const resources = Array.isArray(inner['resources']) ? (inner['resources'] as unknown[]) : []
    return [
      ...targets({expressions: call['expressions'], depends_on: call['depends_on']}, parent).map((from) => ({
        from,
        to: address,
      })),
      ...resources.flatMap((resource) => referencesOf(resource, address)),
      ...referencesOfCalls(inner['module_calls'], address),
    ]
  })
}

function targets(item: Readonly<Record<string, unknown>>, module: string): string[] {
  const texts = new Set<string>()
  for (const key of ['expressions', 'count_expression', 'for_each_expression']) gather(item[key], texts)
  for (const text of Array.isArray(item['depends_on']) ? (item['depends_on'] as unknown[]) : []) texts.add(String(text))
  return [...new Set([...texts].flatMap((text) => addressIn(text) ?? []))].map((address) => within(module, address))
}

function gather(expression: unknown, found: Set<string>): void {
  if (Array.isArray(expression)) {
    for (const item of expression as unknown[]) gather(item, found)
  } else if (isRecord(expression)) {
    for (const [key, value] of Object.entries(expression)) {
      if (key === 'references' && Array.isArray(value)) for (const text of value) found.add(String(text))
      else if (key !== 'constant_value') gather(value, found)
    }
  }
}

// `aws_lb.this.arn`, `module.network.vpc_id`, `data.aws_region.current.name`; var, local, each, path and the like are no objects.
function addressIn(reference: string): string | undefined {
  const parts = withoutKeys(reference).split('.')
  if (['var', 'local', 'each', 'count', 'path', 'terraform', 'self'].includes(parts[0] ?? '')) return undefined
  const length = parts[0] === 'data' ? 3 : 2
  return parts.length < length ? undefined : parts.slice(0, length).join('.')
}

const within = (module: string, address: string): string => (module === '' ? address : `${module}.${address}`)

/** An address without the keys of instances: `module.a["x"].aws_y.z[0]` is `module.a.aws_y.z`. */
export function withoutKeys(address: string): string {
  return address.replace(/\[(?:"(?:[^"\\]|\\.)*"|\d+)\]/g, '')
}
