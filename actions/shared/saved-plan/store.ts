import {isAbsolute, resolve} from 'node:path'
import {Failure} from '../core/diagnosis.ts'
import {InputError} from '../core/errors.ts'
import {workspace} from '../core/files.ts'
import type {World} from '../core/world.ts'

/** One thing in a store: a plan under its plan-id, or a state that its backend did not take. */
export interface Entry {
  readonly kind: 'plan' | 'state'
  readonly id: string
  /** The workflow run that kept it: where artifacts are the store, each run has its own. */
  readonly run: string
}

/** Keeps sealed files between jobs and runs. */
export interface Store {
  /** Where an entry is, for people: `artifact slipway-plan-... of run 1001`, `s3://bucket/prefix/...`. */
  place(entry: Entry): string
  put(entry: Entry, content: Uint8Array): Promise<void>
  /** An entry's content, or undefined when there is none. */
  find(entry: Entry): Promise<Uint8Array | undefined>
  drop(entry: Entry): Promise<void>
}

/** What a store may need beside its own name. */
export interface StoreSettings {
  readonly action: string
  readonly githubToken: string | undefined
}

/**
 * The store that the `plan-store` input names: `artifact`, `s3://bucket/prefix`, or a folder. Each kind is loaded only
 * when it is asked for: the clients behind them take longer to start than a small plan.
 * @throws {InputError} when it cannot work here
 */
export async function openStore(world: World, spec: string, settings: StoreSettings): Promise<Store> {
  if (spec === 'artifact') {
    const {artifactStore} = await import('./artifact.ts')
    return artifactStore(world, settings.githubToken)
  }
  if (spec.startsWith('s3://')) {
    const {parseS3, s3Store} = await import('./s3.ts')
    return s3Store(world, parseS3(spec), settings.action)
  }
  if (/^[a-z0-9]+:\/\//i.test(spec)) {
    throw new InputError(`Input "plan-store" is "${spec}": use artifact, s3://bucket/prefix or a folder.`)
  }
  const {pathStore} = await import('./path.ts')
  return pathStore(isAbsolute(spec) ? spec : resolve(workspace(world.env), spec))
}

/** A plan that is in the store. @throws {Failure} when there is no such plan */
export async function takePlan(store: Store, plan: Entry): Promise<Uint8Array> {
  const content = await store.find(plan)
  if (content !== undefined) return content
  throw new Failure({
    reason: 'not-found',
    subject: 'Saved plan',
    cause: `there is no plan "${plan.id}": it would be ${store.place(plan)}`,
    advice: 'check that "plan-store" is the same in both actions and that the plan has not expired',
    undo: 'nothing was changed',
  })
}

/** The name of an entry's file in every store. */
export function fileName({kind, id}: Entry): string {
  return `${id}.slipway-${kind}`
}
