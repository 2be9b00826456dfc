import type {Service} from '@aws-sdk/client-ecs'
import type {Loaded} from '../../shared/ecs/load.ts'
import type {CodeDeployPlan} from './code-deploy-plan.ts'
import type {Creation} from './create-service.ts'

/** A service as it is before anything is changed. */
export interface Target {
  readonly name: string
  readonly service: Service
  /** What it runs now; undefined when it does not exist yet. */
  readonly running: Required<Loaded> | undefined
  /** What it is made with, when it does not exist yet and there is a file for that. */
  readonly creation?: Creation
  /** How CodeDeploy is to deploy it, where CodeDeploy does. */
  readonly codeDeploy?: CodeDeployPlan
}
