import {isTransient} from '../../shared/aws/errors.ts'
import {Failure} from '../../shared/core/diagnosis.ts'
import type {Diagnosis} from '../../shared/core/diagnosis.ts'
import {CancelledError} from '../../shared/core/errors.ts'
import type {World} from '../../shared/core/world.ts'
import type {Aws} from '../../shared/ecs/aws.ts'
import {shortName} from '../../shared/ecs/names.ts'
import {explainRefusal} from '../../shared/ecs/refusals.ts'
import type {TargetChange} from './change.ts'
import {beforeOf} from './memory.ts'
import {failedReceipt} from './report.ts'
import type {Job} from './report.ts'
import {undo} from './undo.ts'
import type {Undone} from './before.ts'

/** How the change of one service went, before anything was watched. */
export type Started = PromiseSettledResult<unknown>

interface Refused {
  readonly item: TargetChange
  readonly why: unknown
}

/**
 * When a service was refused, the others of the same step are half a delivery: brings back those that ECS has taken,
 * where the user wants that, and gives the failure to throw. After a cancel, or when AWS was lost from sight, all is left
 * to the post step: then nobody knows which change was made.
 * @param started in the order of the services of the change
 */
export async function undoStarted(world: World, aws: Aws, job: Job, started: readonly Started[]): Promise<unknown> {
  const items = job.change.perTarget
  const refused = started.flatMap((one, at): Refused[] => {
    const item = items[at]
    return one.status === 'fulfilled' || item === undefined ? [] : [{item, why: explained(item, one.reason)}]
  })
  const lost = refused.find(({why}) => why instanceof CancelledError || isTransient(why))
  if (lost !== undefined) return lost.why
  const failures = refused.map(({why}) => why).filter((why) => why instanceof Failure)
  const [first] = failures
  // What nobody expected comes before what somebody refused: it is a defect, or nearly one.
  if (first === undefined || failures.length < refused.length) {
    return refused.find(({why}) => !(why instanceof Failure))?.why
  }

  const taken = items.filter((item, at) => started[at]?.status === 'fulfilled' && item.needed)
  const undone = await goBack(world, aws, job, taken)
  const others = failures.slice(1).map(({diagnosis}) => `${diagnosis.subject}: ${diagnosis.cause}`)
  const diagnosis: Diagnosis = {
    ...first.diagnosis,
    subject: refused[0]?.item.target.name ?? first.diagnosis.subject,
    ...(others.length > 0 && {evidence: [{title: 'also refused', lines: others}]}),
    undo: [...refused.map(leftAlone), ...undone.map(({sentence}) => sentence), ...registered(job)].join('; '),
  }
  const back = undone.length > 0 && undone.every(({restored}) => restored)
  const status = back ? 'rolled-back' : 'failed'
  world.outputs.set('receipt', failedReceipt(world, job, status, diagnosis.cause))
  return new Failure(diagnosis, status)
}

function explained({target}: TargetChange, error: unknown): unknown {
  const what = target.codeDeploy === undefined ? 'ECS refuses the update' : 'CodeDeploy refuses the deployment'
  return explainRefusal(error, {
    subject: target.name,
    what,
    advice: 'correct what the sentence names in the task definition, the service or the inputs; then re-run this job',
  })
}

function registered({change, revision}: Job): string[] {
  return change.revision === undefined ? [`${shortName(revision)} was registered`] : []
}

function leftAlone({item: {target}}: Refused): string {
  const {name, running} = target
  return running === undefined ? `${name} was not made` : `${name} still runs ${shortName(running.arn)}`
}

async function goBack(
  world: World,
  aws: Aws,
  {inputs, revision}: Job,
  taken: readonly TargetChange[],
): Promise<readonly Undone[]> {
  if (inputs.onFailure === 'rollback') {
    const retreats = taken.map((item) => ({
      before: {...beforeOf(item, revision), changed: true},
      definition: item.target.running?.definition,
    }))
    return await undo(world, aws, inputs.cluster, retreats)
  }
  const aim = shortName(revision)
  return taken.map(({target: {name}}) => ({
    restored: false,
    sentence: `${name} was taken and is left on its way to ${aim} (on-failure: keep)`,
  }))
}
