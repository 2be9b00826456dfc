import type {World} from '../../shared/core/world.ts'
import {makeAws} from '../../shared/ecs/aws.ts'
import type {Aws} from '../../shared/ecs/aws.ts'
import {settling} from '../../shared/ecs/settling.ts'
import {watch} from '../../shared/ecs/watch.ts'
import {compare, showChange} from './change.ts'
import {findTrouble} from './trouble.ts'
import type {Inputs} from './inputs.ts'
import {deregisterOldRevisions} from './old-revisions.ts'
import {findTargets, patienceFor, renderWanted} from './preflight.ts'
import {proveAll} from './proofs.ts'
import {planned, registered, submitted, succeeded} from './report.ts'
import {register, start} from './start.ts'
import {undoAndFail} from './undo-and-fail.ts'

/** Deploys a task definition to ECS and returns only when the truth about it is known. */
export async function run(world: World, inputs: Inputs): Promise<void> {
  const aws = makeAws(world.env, 'ecs-deploy', inputs.region)
  await settling(world, () => deploy(world, aws, inputs))
}

async function deploy(world: World, aws: Aws, inputs: Inputs): Promise<void> {
  const started = world.clock.now()

  // All of this only reads: a mistake found here has changed nothing anywhere.
  const targets = await findTargets(world, aws, inputs)
  const wanted = await renderWanted(world, aws, inputs, targets)
  const change = await compare(aws, targets, wanted, inputs.update)
  await showChange(world, inputs.cluster, change)
  if (inputs.mode === 'plan') {
    planned(world, change)
    return
  }

  // The only two changes: a revision, unless an equal one exists, and the services that do not run it yet.
  const revision = await register(world, aws, change)
  const job = {started, inputs, change, revision}
  if (inputs.mode === 'register') {
    registered(world, job)
    return
  }
  const subjects = await start(world, aws, job)
  if (!inputs.wait) {
    submitted(world, job, subjects)
    return
  }

  const outcomes = await watch(world, aws, inputs.cluster, subjects, patienceFor(inputs, targets))
  const isComplete = outcomes.every(({verdict}) => verdict.kind === 'completed')
  const proofs = isComplete ? await proveAll(aws, inputs.cluster, outcomes) : new Map()
  const trouble = await findTrouble(world, aws, job, outcomes, proofs)
  if (trouble.length > 0) throw await undoAndFail(world, aws, job, trouble)
  succeeded(world, job, outcomes, proofs)
  await deregisterOldRevisions(world, aws, job)
}
