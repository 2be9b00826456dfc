import {humanDuration} from '../../shared/core/clock.ts'
import {code, escapeMarkdown} from '../../shared/core/markdown.ts'
import type {Receipt} from '../../shared/report/receipt.ts'
import {digestsOf, shortDigest} from './delivery.ts'
import type {Delivery} from './delivery-schema.ts'

/** Who delivered what and who approved it, from which digest to which, in which run: one line of Markdown. */
export function factsLine(delivery: Delivery, server: string): string {
  const {commit, actor, repository, run, approvals = []} = delivery
  const approvers = [...new Set(approvals.map(({by}) => escapeMarkdown(by)))]
  const [id = '', attempt = ''] = run.split('/')
  const words = [
    ...(commit === '' ? [] : [`commit ${code(commit.slice(0, 7))}`]),
    ...(actor === undefined ? [] : [`by ${escapeMarkdown(actor)}`]),
    ...(approvers.length === 0 ? [] : [`approved by ${approvers.join(', ')}`]),
    ...imageMove(delivery.stages),
    ...(id === ''
      ? []
      : [`[run ${id}](${server}/${repository}/actions/runs/${id})${attempt === '1' ? '' : `, attempt ${attempt}`}`]),
  ]
  return words.join(' · ')
}

// The first of several services stands for them; where both platforms are delivered to, ECS stands for both.
function imageMove(stages: readonly Receipt[]): string[] {
  const deploying = ['ecs', 'kubernetes'].flatMap((stage) => stages.find((one) => one.stage === stage) ?? [])
  const [now] = digestsOf(stages.find(({stage}) => stage === 'build') ?? deploying[0])
  if (now === undefined) return []
  const before = deploying.map((receipt) => digestsOf(receipt, 'before')).find(({length}) => length > 0) ?? []
  const to = code(shortDigest(now))
  if (before.length === 0 || before.includes(now)) return [`image ${to}`]
  return [`image ${code(shortDigest(before[0] ?? ''))} → ${to}`]
}

/**
 * What the delivery cost in retries, in Markdown: stages that came from an earlier attempt of the run, and calls that had to
 * be made again. Undefined when it cost none.
 */
export function retriesLine(
  {stages, run}: Delivery,
  names: Readonly<Record<Receipt['stage'], string>>,
): string | undefined {
  const told = [...attempts(stages, run, names), ...calls(stages, names)]
  return told.length === 0 ? undefined : `Retries: ${told.join(' · ')}`
}

const attemptOf = (run: string): number => Number(run.split('/')[1] ?? '1')

function attempts(
  stages: readonly Receipt[],
  run: string,
  names: Readonly<Record<Receipt['stage'], string>>,
): string[] {
  const last = attemptOf(run)
  if (last <= 1) return []
  const of = (those: readonly Receipt[]): string => [...new Set(those.map(({stage}) => names[stage]))].join(', ')
  const kept = stages.filter((stage) => attemptOf(stage.run) < last)
  const again = stages.filter((stage) => attemptOf(stage.run) === last)
  const lost = timeBetween(kept, again)
  const took = again.reduce((sum, {tookMs}) => sum + tookMs, 0)
  return [
    `attempt ${String(last)} of the run`,
    ...(again.length === 0 ? [] : [`${of(again)} in this one, ${humanDuration(took)}`]),
    ...(kept.length === 0 ? [] : [`${of(kept)} kept from an earlier one`]),
    ...(lost === undefined ? [] : [`${humanDuration(lost)} between the two`]),
  ]
}

function timeBetween(kept: readonly Receipt[], again: readonly Receipt[]): number | undefined {
  if (kept.length === 0 || again.length === 0) return undefined
  const ended = Math.max(...kept.map(({startedAt, tookMs}) => Date.parse(startedAt) + tookMs))
  const went = Math.min(...again.map(({startedAt}) => Date.parse(startedAt))) - ended
  return went > 0 ? went : undefined
}

function calls(stages: readonly Receipt[], names: Readonly<Record<Receipt['stage'], string>>): string[] {
  return stages.flatMap(({stage, retries = {}}) =>
    Object.entries(retries).map(
      ([whom, count]) =>
        `${names[stage]} asked ${escapeMarkdown(whom)} again ${count === 1 ? 'once' : `${String(count)} times`}`,
    ),
  )
}
