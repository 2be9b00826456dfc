import {isAbsolute, resolve} from 'node:path'
import {Failure} from '../core/diagnosis.ts'
import {InputError} from '../core/errors.ts'
import {workspace} from '../core/files.ts'
import type {World} from '../core/world.ts'

/** Keeps saved plans between jobs. */
export interface PlanStore {
  /** What it is, for people: `the artifacts of run 1001`. */
  readonly name: string
  put(id: string, content: Uint8Array): Promise<void>
  /** @throws {Failure} when there is no such plan */
  get(id: string): Promise<Uint8Array>
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
export async function openStore(world: World, spec: string, settings: StoreSettings): Promise<PlanStore> {
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

/** The failure that every store ends in when it has no such plan. */
export function noSuchPlan(id: string, where: string): Failure {
  return new Failure({
    reason: 'not-found',
    subject: 'Saved plan',
    cause: `there is no plan "${id}" in ${where}`,
    advice: 'check that "plan-store" is the same in both actions and that the plan has not expired',
    undo: 'nothing was changed',
  })
}

/** The name of a plan's file in every store. */
export function planFileName(id: string): string {
  return `${id}.slipway-plan`
}
