import {readInputs as readDeployInputs} from '../../actions/ecs-deploy/src/inputs.ts'
import {run as runDeploy} from '../../actions/ecs-deploy/src/main.ts'
import {readInputs as readTaskInputs} from '../../actions/ecs-run-task/src/inputs.ts'
import {run as runTaskMain} from '../../actions/ecs-run-task/src/main.ts'
import type {World} from '../../actions/shared/core/world.ts'

/** ecs-deploy, as its entry runs it: the inputs first. */
export async function deploy(world: World): Promise<void> {
  await runDeploy(world, readDeployInputs(world.env))
}

/** ecs-run-task, as its entry runs it: the inputs first. */
export async function runTask(world: World): Promise<void> {
  await runTaskMain(world, readTaskInputs(world.env))
}
