import {Failure} from '../../shared/core/diagnosis.ts'
import type {Diagnosis} from '../../shared/core/diagnosis.ts'
import type {World} from '../../shared/core/world.ts'
import type {Aws} from '../../shared/ecs/aws.ts'
import {shortName} from '../../shared/ecs/names.ts'
import type {Undone} from './before.ts'
import {beforeOf} from './memory.ts'
import {failedReceipt} from './report.ts'
import type {Job} from './report.ts'
import type {Trouble} from './trouble.ts'
import {undo} from './undo.ts'
import type {Retreat} from './undo.ts'

// Verdicts after which the service is somebody else's business: a newer deployment, a person, a deletion.
const NOT_OURS: ReadonlySet<string> = new Set(['superseded', 'deleted', 'stopped', 'scaled-to-zero'])

/** Brings back what ran before, where the user wants that and the change was ours, and gives the failure to throw. */
export async function undoAndFail(world: World, aws: Aws, job: Job, trouble: readonly Trouble[]): Promise<Failure> {
  const left = trouble.map((one) => leftAlone(job, one))
  const retreats = trouble.flatMap((one, at) => (left[at] === undefined ? retreatOf(job, one) : []))
  const back = [...(await undo(world, aws, job.inputs.cluster, retreats))]
  const undone = left.map((sentence): Undone => {
    if (sentence !== undefined) return {restored: false, sentence}
    return back.shift() ?? {restored: false, sentence: 'nothing was undone'}
  })
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

// Why a service is not brought back; undefined when it is.
function leftAlone({inputs, change}: Job, {outcome}: Trouble): string | undefined {
  const {service, taskDefinition} = outcome.track.watched
  const item = change.perTarget.find(({target}) => target.name === service)
  const kind = outcome.verdict.kind
  if (item === undefined || NOT_OURS.has(kind)) return `${service} was left as it is`
  if (!item.needed) return `nothing was changed in ${service}`
  if (inputs.onFailure === 'keep' && kind !== 'rolled-back') {
    return `${service} was left on ${shortName(taskDefinition)} (on-failure: keep)`
  }
  return undefined
}

function retreatOf({change, revision}: Job, {outcome}: Trouble): Retreat[] {
  const item = change.perTarget.find(({target}) => target.name === outcome.track.watched.service)
  return item === undefined
    ? []
    : [{before: beforeOf(item, revision), outcome, definition: item.target.running?.definition}]
}
