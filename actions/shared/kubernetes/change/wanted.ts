import {InputError} from '../../core/errors.ts'
import type {Discovery, Resource} from '../api/discovery.ts'
import {collectionPath, objectPath} from '../api/discovery.ts'
import type {Manifest} from '../manifests/manifest-set.ts'
import {title} from '../object.ts'
import type {KubeObject} from '../object.ts'
import {unknownKinds} from './unknown-kinds.ts'

/** An object of the set, with its place in the API. */
export interface Wanted {
  readonly manifest: Manifest
  /** The object as it is sent: with its namespace and our annotations. */
  readonly object: KubeObject
  readonly resource: Resource
  /** Undefined for kinds that belong to the whole cluster. */
  readonly namespace: string | undefined
  /** The object's path; the collection's when the server is to make up the name. */
  readonly path: string
}

/**
 * Gives every manifest its place in the API. An object that names its own namespace keeps it, also when the
 * `namespace` input says another (https://github.com/Azure/k8s-deploy/issues/163).
 * @param namespace for objects that name none
 * @param annotations put on every object beside its own; its own win
 * @throws {InputError} with all kinds that the server does not know
 */
export async function placeInApi(
  discovery: Discovery,
  manifests: readonly Manifest[],
  namespace: string,
  annotations: Readonly<Record<string, string>>,
): Promise<Wanted[]> {
  const found = await Promise.all(manifests.map(async ({object}) => await discovery.find(object)))
  const unknown = manifests.filter((_manifest, at) => found[at] === undefined)
  if (unknown.length > 0) throw new InputError(unknownKinds(unknown))
  return manifests.map((manifest, at) => place(manifest, found[at] as Resource, namespace, annotations))
}

function place(
  manifest: Manifest,
  resource: Resource,
  fallback: string,
  annotations: Readonly<Record<string, string>>,
): Wanted {
  const {metadata} = manifest.object
  const namespace = resource.namespaced ? (metadata.namespace ?? fallback) : undefined
  const object = {
    ...manifest.object,
    metadata: {
      ...metadata,
      ...(namespace !== undefined && {namespace}),
      annotations: {...annotations, ...metadata.annotations},
    },
  }
  const {name} = metadata
  const path = name === undefined ? collectionPath(resource, namespace) : objectPath(resource, name, namespace)
  return {manifest, object, resource, namespace, path}
}

/** The object without the annotations that are ours and not the manifest's; undefined when it has none. */
export function withoutNotes({manifest, object}: Wanted): KubeObject | undefined {
  const own = manifest.object.metadata.annotations ?? {}
  const all = Object.entries(object.metadata.annotations ?? {})
  const kept = all.filter(([key]) => key in own)
  if (kept.length === all.length) return undefined
  return {...object, metadata: {...object.metadata, annotations: Object.fromEntries(kept)}}
}

/** `Deployment/api`, with its namespace in front when the set has several: `shop Deployment/api`. */
export function titleIn(wanted: Wanted, all: readonly Wanted[]): string {
  const several = new Set(all.map(({namespace}) => namespace).filter((name) => name !== undefined)).size > 1
  return several && wanted.namespace !== undefined
    ? `${wanted.namespace} ${title(wanted.object)}`
    : title(wanted.object)
}
