import {isObject} from '../object.ts'
import type {Json, JsonObject, KubeObject} from '../object.ts'
import {podSpecPath} from '../pod-specs.ts'
import type {Manifest} from './manifest-set.ts'

/** The manifests with these pull secrets on all of their pods, beside those that they name; each once. */
export function withPullSecrets(manifests: readonly Manifest[], names: readonly string[]): readonly Manifest[] {
  if (names.length === 0) return manifests
  return manifests.map((manifest) => ({...manifest, object: inPods(manifest.object, names)}))
}

function inPods(object: KubeObject, names: readonly string[]): KubeObject {
  const path = podSpecPath(object)
  return path === undefined ? object : (add(object as unknown as JsonObject, path, names) as unknown as KubeObject)
}

function add(value: JsonObject, [step, ...rest]: readonly string[], names: readonly string[]): JsonObject {
  if (step !== undefined) {
    const below = value[step]
    return {...value, [step]: add(isObject(below) ? below : {}, rest, names)}
  }
  const {imagePullSecrets} = value
  const own: readonly Json[] = Array.isArray(imagePullSecrets) ? (imagePullSecrets as Json[]) : []
  const known = own.map((one) => (isObject(one) ? one['name'] : undefined))
  return {
    ...value,
    imagePullSecrets: [...own, ...names.filter((name) => !known.includes(name)).map((name) => ({name}))],
  }
}
