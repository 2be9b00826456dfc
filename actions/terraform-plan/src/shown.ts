import type {Guarded} from '../../shared/terraform/guard.ts'
import type {MadePlan} from '../../shared/terraform/make-plan.ts'
import type {OpenRoot} from '../../shared/terraform/open-root.ts'
import type {PlanInputs} from './inputs.ts'
import type {SavedPlan} from './save.ts'

/** A plan with all that is told about it. */
export interface Shown {
  readonly inputs: PlanInputs
  readonly root: OpenRoot
  readonly made: MadePlan
  readonly found: readonly Guarded[]
  readonly saved: SavedPlan
  /** When the run began, in milliseconds since the epoch. */
  readonly started: number
}

/** Where the plan is shown on GitHub beside the job summary; undefined where it is not. */
export interface Published {
  readonly commentUrl: string | undefined
  readonly checkUrl: string | undefined
}
