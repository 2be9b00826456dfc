import type {Subject} from '../core/model.ts'
import {DELIVERY_REPORT} from './delivery-report.ts'
import {ECR_BUILD_PUSH} from './ecr-build-push.ts'
import {ECS_DEPLOY} from './ecs-deploy.ts'
import {ECS_RUN_TASK} from './ecs-run-task.ts'
import {KUBECTL_ROLLOUT} from './kubectl-rollout.ts'
import {PR_COMMAND} from './pr-command.ts'
import {TERRAFORM} from './terraform.ts'
import {TERRAFORM_ROOTS} from './terraform-roots.ts'

/** Every action, in the situations it is tried in. */
export const SUBJECTS: readonly Subject[] = [
  ...ECR_BUILD_PUSH,
  ...ECS_DEPLOY,
  ...ECS_RUN_TASK,
  ...KUBECTL_ROLLOUT,
  ...TERRAFORM,
  ...TERRAFORM_ROOTS,
  ...DELIVERY_REPORT,
  ...PR_COMMAND,
]
