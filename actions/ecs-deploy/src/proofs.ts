import type {Aws} from '../../shared/ecs/aws.ts'
import {Eyes} from '../../shared/ecs/look.ts'
import {proveImages} from '../../shared/ecs/proof.ts'
import type {Proof} from '../../shared/ecs/proof.ts'
import {isOfService} from '../../shared/ecs/task-groups.ts'
import {together} from '../../shared/ecs/task-look.ts'
import type {Outcome} from '../../shared/ecs/watch.ts'

/** What the tasks of each service run, by the name of the service. */
export type Proofs = ReadonlyMap<string, Proof>

/** Looks once at all tasks that complete deployments run; services of one family take no more calls than one service. */
export async function proveAll(aws: Aws, cluster: string, outcomes: readonly Outcome[]): Promise<Proofs> {
  const eyes = new Eyes(aws.ecs, cluster)
  const proofs = new Map<string, Proof>()
  for (const [whose, tracks] of together(outcomes.map(({track}) => track))) {
    // A job need not be allowed to look: then the verdict of ECS stands alone, and the proof says so.
    const running = await eyes.running(whose).catch(() => [])
    for (const {watched, definition} of tracks) {
      const ours = running.filter(
        (task) => task.taskDefinitionArn === watched.taskDefinition && isOfService(task, watched.service),
      )
      proofs.set(watched.service, proveImages(ours, definition))
    }
  }
  return proofs
}
