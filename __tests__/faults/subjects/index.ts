import type {Subject} from '../core/model.ts'
import {ECS_DEPLOY} from './ecs-deploy.ts'
import {ECS_RUN_TASK} from './ecs-run-task.ts'

/** Every action, in the situations it is tried in. */
export const SUBJECTS: readonly Subject[] = [...ECS_DEPLOY, ...ECS_RUN_TASK]
