import type {Verdict} from './causes.ts'
import type {Terminated} from './pod.ts'

/** A trouble of a pod, or of the workload that cannot make its pods. */
export interface Problem extends Verdict {
  /** The pod's name; undefined when there is no pod. */
  readonly pod?: string
  readonly container?: string
  /** The same for the same trouble of other pods. */
  readonly group: string
  /** How the failed container ended last. */
  readonly terminated?: Terminated
}
