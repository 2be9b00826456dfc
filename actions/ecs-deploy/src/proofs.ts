import type {Aws} from '../../shared/ecs/aws.ts'
import {Eyes} from '../../shared/ecs/look.ts'
import {proveImages} from '../../shared/ecs/proof.ts'
import type {Proof} from '../../shared/ecs/proof.ts'
import {isOfService} from '../../shared/ecs/task-groups.ts'
import {together} from '../../shared/ecs/task-look.ts'
import type {Outcome} from '../../shared/ecs/watch.ts'

/** What the tasks of each service run, by the name of the service. */
export type Proofs = ReadonlyMap<string, Proof>

/**
 * Compares all tasks that complete deployments run with what was wanted. Most often the last look at them was at all of
 * them; else they are looked at once more, where services of one family take no more calls than one service.
 */
export async function proveAll(aws: Aws, cluster: string, outcomes: readonly Outcome[]): Promise<Proofs> {
  const eyes = new Eyes(aws.ecs, cluster)
  const proofs = new Map<string, Proof>()
  const unlisted = outcomes.map(({track}) => track).filter(({openNow}) => openNow === undefined)
  for (const {track} of outcomes) {
    const {openNow, watched, definition} = track
    if (openNow !== undefined) proofs.set(watched.service, proveImages(openNow, definition))
  }
  for (const [whose, tracks] of together(unlisted)) {
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
