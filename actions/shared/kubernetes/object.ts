/** Any value that JSON can hold, which is all that a Kubernetes object is made of. */
export type Json = null | boolean | number | string | readonly Json[] | JsonObject

/** A JSON object. */
export interface JsonObject {
  readonly [key: string]: Json | undefined
}

/** Who made an object: https://kubernetes.io/docs/concepts/overview/working-with-objects/owners-dependents/ */
export interface OwnerReference {
  readonly kind: string
  readonly name: string
  readonly uid: string
  readonly controller?: boolean
}

/** Which fields a manager owns: https://kubernetes.io/docs/reference/using-api/server-side-apply/#field-management */
export interface ManagedFields {
  readonly manager?: string
  readonly operation?: 'Apply' | 'Update'
  readonly apiVersion?: string
  readonly subresource?: string
  readonly fieldsType?: string
  readonly fieldsV1?: JsonObject
}

/** The metadata of an object, as far as anything here is decided by it. */
export interface Metadata {
  readonly name?: string
  readonly generateName?: string
  readonly namespace?: string
  readonly uid?: string
  readonly resourceVersion?: string
  readonly generation?: number
  readonly labels?: Readonly<Record<string, string>>
  readonly annotations?: Readonly<Record<string, string>>
  readonly creationTimestamp?: string
  readonly deletionTimestamp?: string
  readonly ownerReferences?: readonly OwnerReference[]
  readonly managedFields?: readonly ManagedFields[]
}

/** A condition of an object's status. */
export interface Condition {
  readonly type: string
  readonly status: string
  readonly reason?: string
  readonly message?: string
  readonly lastTransitionTime?: string
  readonly observedGeneration?: number
}

/**
 * An object of any kind. `spec` and `status` are looked at through the narrower types of the kind that is rated
 * (`workload.ts`, `pod.ts`): what an API server sends is typed by its own schema.
 */
export interface KubeObject {
  readonly apiVersion: string
  readonly kind: string
  readonly metadata: Metadata
  readonly spec?: JsonObject
  readonly status?: JsonObject
  readonly data?: Readonly<Record<string, string>>
}

/** How people and kubectl call an object: `Deployment/streaming-api`. A generated name shows as `Job/migrate-*`. */
export function title(object: Pick<KubeObject, 'kind' | 'metadata'>): string {
  const {name, generateName} = object.metadata
  return `${object.kind}/${name ?? `${generateName ?? ''}*`}`
}

/** The API group of an `apiVersion`: empty text for the core group. */
export function groupOf(apiVersion: string): string {
  return apiVersion.includes('/') ? (apiVersion.split('/')[0] ?? '') : ''
}

/** The condition of this type, or undefined. */
export function condition(object: KubeObject, type: string): Condition | undefined {
  const conditions = object.status?.['conditions'] as readonly Condition[] | undefined
  return conditions?.find((candidate) => candidate.type === type)
}

/** Whether `value` is a JSON object and not null or a list. */
export function isObject(value: unknown): value is JsonObject {
  return typeof value === 'object' && value !== null && !Array.isArray(value)
}

/** The value below `path`, or undefined when any step of the way is missing. */
export function valueAt(value: Json | undefined, path: readonly string[]): Json | undefined {
  let current: Json | undefined = value
  for (const key of path) {
    if (!isObject(current)) return undefined
    current = current[key]
  }
  return current
}

/** Whether two JSON values are the same; the order of an object's keys does not matter. */
export function sameJson(a: Json | undefined, b: Json | undefined): boolean {
  return canonical(a) === canonical(b)
}

/** JSON text with sorted keys: equal values have equal texts. */
export function canonical(value: Json | undefined): string {
  if (value === undefined) return ''
  return JSON.stringify(value, (_key, inner: Json) =>
    isObject(inner) ? Object.fromEntries(Object.entries(inner).sort(([a], [b]) => (a < b ? -1 : 1))) : inner,
  )
}
