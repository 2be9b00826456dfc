import {Failure} from '../../shared/core/diagnosis.ts'
import type {Diagnosis} from '../../shared/core/diagnosis.ts'
import type {World} from '../../shared/core/world.ts'
import type {Aws} from '../../shared/ecs/aws.ts'
import {shortName} from '../../shared/ecs/names.ts'
import {beforeOf} from './memory.ts'
import {failedReceipt} from './report.ts'
import type {Job} from './report.ts'
import type {Trouble} from './trouble.ts'
import {undo} from './undo.ts'
import type {Undone} from './undo.ts'

// Verdicts after which the service is somebody else's business: a newer deployment, a person, a deletion.
const NOT_OURS: ReadonlySet<string> = new Set(['superseded', 'deleted', 'stopped', 'scaled-to-zero'])

/** Brings back what ran before, where the user wants that and the change was ours, and gives the failure to throw. */
export async function undoAndFail(world: World, aws: Aws, job: Job, trouble: readonly Trouble[]): Promise<Failure> {
  const undone = await Promise.all(trouble.map((one) => undoOne(world, aws, job, one)))
  const [first] = trouble
  if (first === undefined) throw new Error('There is no trouble to report.')
  const others = trouble.slice(1).map(({diagnosis}) => `${diagnosis.subject}: ${diagnosis.cause}`)
  const diagnosis: Diagnosis = {
    ...first.diagnosis,
    ...(others.length > 0 && {
      evidence: [...(first.diagnosis.evidence ?? []), {title: 'also failed', lines: others}],
    }),
    undo: undone.map(({sentence}) => sentence).join('; '),
  }
  const status = undone.every(({restored}) => restored) ? 'rolled-back' : first.status
  world.outputs.set('deployment-id', first.outcome.track.watched.deploymentId)
  world.outputs.set('receipt', failedReceipt(world, job, status, diagnosis.cause))
  return new Failure(diagnosis, status)
}

async function undoOne(world: World, aws: Aws, {inputs, change, revision}: Job, {outcome}: Trouble): Promise<Undone> {
  const {service, taskDefinition} = outcome.track.watched
  const item = change.perTarget.find(({target}) => target.name === service)
  const kind = outcome.verdict.kind
  if (item === undefined || NOT_OURS.has(kind)) return {restored: false, sentence: `${service} was left as it is`}
  if (!item.needed) return {restored: false, sentence: `nothing was changed in ${service}`}
  if (inputs.onFailure === 'keep' && kind !== 'rolled-back') {
    return {restored: false, sentence: `${service} was left on ${shortName(taskDefinition)} (on-failure: keep)`}
  }
  return await undo(world, aws, inputs.cluster, beforeOf(item, revision), outcome)
}
