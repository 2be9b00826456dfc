import {humanDuration} from '../../shared/core/clock.ts'
import type {Status} from '../../shared/core/diagnosis.ts'
import {code, escapeMarkdown, table} from '../../shared/core/markdown.ts'
import type {World} from '../../shared/core/world.ts'
import {parseImage, shortName} from '../../shared/ecs/names.ts'
import type {Definition} from '../../shared/ecs/definition.ts'
import type {Loaded} from '../../shared/ecs/load.ts'
import type {Outcome, Subject} from '../../shared/ecs/watch.ts'
import {makeReceipt} from '../../shared/report/receipt.ts'
import type {Receipt} from '../../shared/report/receipt.ts'
import {changeFold, changeLines, imagesOf, isUnchanged} from './change.ts'
import type {Change} from './change.ts'
import type {Inputs} from './inputs.ts'
import type {Proofs} from './proofs.ts'

/** One run of this action, as far as it has come. */
export interface Job {
  /** Milliseconds since the epoch. */
  readonly started: number
  readonly inputs: Inputs
  readonly change: Change
  /** ARN of the task definition that is deployed. */
  readonly revision: string
}

/** Ends `mode: plan`: the change was shown, nothing was changed. */
export function planned(world: World, change: Change): void {
  const unchanged = isUnchanged(change)
  world.outputs.set('status', 'planned')
  world.outputs.set('failure-reason', undefined)
  world.log.line(unchanged ? '✓ Nothing would change.' : '✓ Planned; nothing was changed.')
  const names = change.perTarget.map(({target}) => target.name).join(', ')
  const lines = change.perTarget.flatMap(changeLines).map((line) => `- ${escapeMarkdown(line)}`)
  world.summary.add(`### ECS ${escapeMarkdown(names)}: what would change\n\n${lines.join('\n')}`)
}

/** Ends `mode: register`. */
export function registered(world: World, job: Job): void {
  const name = shortName(job.revision)
  const status = job.change.revision === undefined ? 'succeeded' : 'unchanged'
  finish(world, job, status, `${name} is registered`, undefined)
  world.log.line(`✓ ${name} is registered${status === 'unchanged' ? ' already' : ''}.`)
  world.summary.add(`### ✓ ${code(name)} is registered`)
}

/** Ends a deploy that is not waited for. */
export function submitted(world: World, job: Job, subjects: readonly Subject[]): void {
  const names = subjects.map(({watched}) => watched.service).join(', ')
  const status = isUnchanged(job.change) ? 'unchanged' : 'succeeded'
  finish(world, job, status, `${names}: deployment handed to ECS, not waited for`, subjects[0])
  world.log.line(`✓ ${names}: ECS has taken the deployment; it was not waited for (wait-for-service-stability: false).`)
  world.summary.add(`### ECS has taken ${code(shortName(job.revision))} for ${escapeMarkdown(names)}; not waited for`)
}

/** Ends a deploy that came true: what runs, how that is known, how long it took. */
export function succeeded(world: World, job: Job, outcomes: readonly Outcome[], proofs: Proofs): void {
  const {change, revision, started} = job
  const status = isUnchanged(change) ? 'unchanged' : 'succeeded'
  const took = humanDuration(world.clock.now() - started)
  const rows = outcomes.map((outcome) => provenRow(outcome, proofs))
  const names = outcomes.map(({track}) => track.watched.service).join(', ')
  const verb = status === 'unchanged' ? 'runs it already' : 'runs it'
  for (const [name, tasks, proof] of rows) {
    world.log.line(`✓ ${name ?? ''} ${verb}: ${shortName(revision)}, ${tasks ?? ''} running, ${proof ?? ''}`)
  }
  warnOfTags(world, change, status)
  finish(world, job, status, `${names} runs ${shortName(revision)}`, outcomes[0]?.track)
  world.summary.add(
    [
      `### ✓ ${escapeMarkdown(names)} runs ${code(shortName(revision))} · ${status === 'unchanged' ? 'unchanged' : took}`,
      table({columns: ['service', 'running', 'proof'], rows: rows.map((row) => row.map(escapeMarkdown))}),
      ...change.perTarget.map((item) => changeFold(item, shortName(revision))),
    ].join('\n\n'),
  )
}

function provenRow({track}: Outcome, proofs: Proofs): readonly string[] {
  const {service} = track.watched
  const desired = track.snapshot.service?.desiredCount ?? 0
  const counts = `${String(track.running)}/${String(desired)}`
  return [service, counts, proofs.get(service)?.sentence ?? '']
}

// The same tag may hold other bytes by now, and an unchanged task definition does not pull it again.
function warnOfTags(world: World, {wanted}: Change, status: Status): void {
  const tagged = (wanted.containerDefinitions ?? []).filter(({image}) => parseImage(image ?? '').digest === undefined)
  if (status !== 'unchanged' || tagged.length === 0) return
  world.log.warning(
    `Nothing was deployed: the task definition is the same. Its image ${tagged[0]?.image ?? ''} is named by tag; if the tag was moved, set force-new-deployment: true, or deploy by digest.`,
  )
}

function finish(
  world: World,
  job: Job,
  status: 'succeeded' | 'unchanged',
  headline: string,
  subject: {readonly watched: {readonly deploymentId: string}} | undefined,
): void {
  world.outputs.set('status', status)
  world.outputs.set('failure-reason', undefined)
  world.outputs.set('task-definition-arn', job.revision)
  world.outputs.set('previous-task-definition-arn', job.change.perTarget[0]?.target.running?.arn)
  world.outputs.set('deployment-id', subject?.watched.deploymentId)
  world.outputs.set('receipt', receipt(world, job, status, headline))
}

/** The receipt of a deploy that failed, and the outputs that are known all the same. */
export function failedReceipt(world: World, job: Job, status: Status, headline: string): string {
  world.outputs.set('task-definition-arn', job.revision)
  world.outputs.set('previous-task-definition-arn', job.change.perTarget[0]?.target.running?.arn)
  return receipt(world, job, status, headline)
}

function receipt(world: World, {started, inputs, change, revision}: Job, status: Status, headline: string): string {
  const back = status === 'rolled-back'
  const before = change.perTarget[0]?.target
  return makeReceipt(world.env, {
    stage: 'ecs',
    subject: change.perTarget.map(({target}) => target.name).join(', ') || (change.wanted.family ?? ''),
    status,
    headline,
    started,
    ended: world.clock.now(),
    now: {
      cluster: shortName(inputs.cluster),
      services: [...inputs.services],
      taskDefinition: back ? shortName(before?.running?.arn) : shortName(revision),
      images: imagesOf(change.wanted),
      digests: digestsOf(change.wanted),
    },
    before: before?.running === undefined ? NOTHING : was(before.running, before.service.desiredCount),
  })
}

const digestsOf = ({containerDefinitions = []}: Definition): string[] =>
  containerDefinitions.flatMap(({image}) => parseImage(image ?? '').digest ?? [])

const NOTHING = {taskDefinition: '', desiredCount: null}

function was({arn, definition}: Required<Loaded>, desiredCount = 0): Receipt['before'] {
  return {taskDefinition: shortName(arn), desiredCount, digests: digestsOf(definition)}
}
