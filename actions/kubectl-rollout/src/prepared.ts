import type {Connection} from '../../shared/kubernetes/api/kubectl.ts'
import type {ApplySettings, Change} from '../../shared/kubernetes/change/dry-run.ts'
import type {OutsideReader, StaleReader} from '../../shared/kubernetes/change/stale-readers.ts'
import type {PrunePlan} from '../../shared/kubernetes/prune/members.ts'

/** Everything that is known before the first change. */
export interface Prepared {
  readonly connection: Connection
  readonly namespace: string
  readonly changes: readonly Change[]
  readonly settings: ApplySettings
  /** Pods that will not see a change of what they read at their start. */
  readonly stale: readonly StaleReader[]
  /** The same of workloads that are not in the manifests. */
  readonly outside: readonly OutsideReader[]
  /** The workloads that are there already, with their revisions, as a receipt keeps them. */
  readonly before: readonly string[]
  /** What left the manifests; undefined when nothing is pruned. */
  readonly prune?: PrunePlan | undefined
  /** Milliseconds since the epoch. */
  readonly started: number
}
