import type {Clock} from '../../actions/shared/core/clock.ts'
import type {History} from './scripted-ecs-state.ts'

/** One call that reached the scripted ECS. */
export interface EcsCall {
  readonly operation: string
  readonly input: Readonly<Record<string, unknown>>
  /** Milliseconds since the epoch. */
  readonly at: number
}

/** What the answers are made from. */
export interface Stage {
  readonly history: History
  readonly clock: Clock
  readonly onCall: (operation: string, times: number) => Promise<void> | void
  readonly calls: EcsCall[]
  readonly definitions: Map<string, Record<string, unknown>>
  /** When the timeline was started by a change; undefined before. */
  changedAt: number | undefined
  undoneAt: number | undefined
  /** The services that were made, each with the token of the call that made it. */
  readonly created: Map<string, string>
  /** The sha256 of the AppSpec that CodeDeploy was last given. */
  orderedSha256?: string
  /** What RunTask was told to mark its tasks with. */
  startedBy?: string
  /** When a service was deleted. */
  removedAt: number | undefined
  /** When somebody ended a pause. */
  continuedAt: number | undefined
  /** The task definition that the change asked for. */
  wanted: string
  desired: number
  /** A deployment was made, and not only the count changed. */
  deployed: boolean
}
