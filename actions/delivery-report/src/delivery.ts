import {STAGES, receiptDigest, runOf} from '../../shared/report/receipt.ts'
import type {Preview} from '../../shared/report/preview.ts'
import type {Receipt} from '../../shared/report/receipt.ts'
import {workedOnCommit} from '../../shared/core/checked-out.ts'
import type {Environment} from '../../shared/core/inputs.ts'
import type {Status} from '../../shared/core/diagnosis.ts'
import type {JobResult} from '../../shared/report/needs.ts'
import type {Approval, Delivery} from './delivery-schema.ts'

/** How a delivery ends that did what it was asked for. */
export const GREEN: readonly Status[] = ['succeeded', 'unchanged', 'planned']

const CHANGING: readonly Receipt['stage'][] = ['apply', 'task', 'ecs', 'kubernetes']

/** Whether a stage has done something to what runs, and not only built or planned. */
export function hasDelivered(receipts: readonly Receipt[]): boolean {
  return receipts.some(({stage, status}) => CHANGING.includes(stage) && status !== 'planned')
}

/** Whether what a preview shows has been done, or tried, by now: nobody is asked to approve it any more. */
export function isCarriedOut({stage, subject, verdict}: Preview, receipts: readonly Receipt[]): boolean {
  // What would change nothing was left out by the delivery, rightly.
  if (verdict === 'none' && hasDelivered(receipts)) return true
  const by = stage === 'plan' ? 'apply' : stage
  // A preview calls a root `infra/` or `terraform`, a receipt `infra` or `.`.
  const names = [subject, subject.replace(/\/$/, ''), ...(subject === 'terraform' ? ['.'] : [])]
  return receipts.some((one) => one.stage === by && one.status !== 'planned' && names.includes(one.subject))
}

/** Stages in the order of the chain, hash-chained, with one status for the whole. @param approvals who approved it */
export function mergeReceipts(
  env: Environment,
  receipts: readonly Receipt[],
  jobs: ReadonlyMap<string, JobResult>,
  approvals: readonly Approval[] = [],
): Delivery {
  const stages = [...receipts].sort(
    (a, b) => STAGES.indexOf(a.stage) - STAGES.indexOf(b.stage) || a.startedAt.localeCompare(b.startedAt),
  )
  const actor = env['GITHUB_TRIGGERING_ACTOR'] ?? env['GITHUB_ACTOR']
  return {
    schema: 'slipway.delivery/v1',
    repository: env['GITHUB_REPOSITORY'] ?? '',
    commit: workedOnCommit(env),
    run: runOf(env),
    ...(actor !== undefined && actor !== '' && {actor}),
    ...(approvals.length > 0 && {approvals: [...approvals]}),
    status: wholeStatus(stages, jobs),
    stages,
    chain: chainOf(stages),
  }
}

/** The link of each stage: the digest of the previous link and the stage's receipt. */
export function chainOf(stages: readonly Receipt[]): string[] {
  const links: string[] = []
  for (const stage of stages) links.push(receiptDigest(`${links.at(-1) ?? ''}\n${JSON.stringify(stage)}`))
  return links
}

function wholeStatus(stages: readonly Receipt[], jobs: ReadonlyMap<string, JobResult>): Status {
  const red = stages.find(({status}) => !GREEN.includes(status))
  if (red !== undefined) return red.status
  const results = [...jobs.values()]
  if (results.includes('failure')) return 'failed'
  if (results.includes('cancelled')) return 'cancelled'
  const done = stages.filter(({status}) => status !== 'planned')
  if (done.length === 0) return 'planned'
  return done.every(({status}) => status === 'unchanged') ? 'unchanged' : 'succeeded'
}

/** Two stages of one delivery that speak of different images, commits or runs. */
export interface Mismatch {
  readonly stage: string
  /** The sentence that says what differs. */
  readonly sentence: string
}

/**
 * What does not fit together: a deployer that reports another digest than the build pushed, or a receipt of another
 * commit. A delivery like that must not look good, whatever each stage thought of itself.
 */
export function findMismatches(delivery: Delivery): Mismatch[] {
  const built = digestsOf(delivery.stages.find(({stage}) => stage === 'build'))[0]
  return delivery.stages.flatMap((receipt) => [
    ...foreignCommit(receipt, delivery.commit),
    ...foreignImage(receipt, built),
  ])
}

function foreignCommit(receipt: Receipt, commit: string): Mismatch[] {
  if (commit === '' || receipt.commit === '' || receipt.commit === commit) return []
  return [{stage: receipt.stage, sentence: `${receipt.subject} has a receipt of commit ${receipt.commit.slice(0, 7)}`}]
}

const DEPLOYING: readonly Receipt['stage'][] = ['task', 'ecs', 'kubernetes']

function foreignImage(receipt: Receipt, built: string | undefined): Mismatch[] {
  const digests = digestsOf(receipt)
  const judged = built !== undefined && DEPLOYING.includes(receipt.stage) && GREEN.includes(receipt.status)
  const [foreign] = digests
  if (!judged || foreign === undefined || digests.includes(built)) return []
  const sentence = `${receipt.subject} runs ${shortDigest(foreign)}, and the build made ${shortDigest(built)}`
  return [{stage: receipt.stage, sentence}]
}

/** The image digests that a stage says it made or runs, `sha256:<hex>` each; with `before`, those that ran before it. */
export function digestsOf(receipt: Receipt | undefined, when: 'now' | 'before' = 'now'): string[] {
  const facts = receipt?.[when] ?? {}
  const values = [facts['digest'], facts['digests'], facts['images'], facts['image']].flat()
  const found = values.flatMap((value) => (typeof value === 'string' ? (/sha256:[0-9a-f]{64}/.exec(value) ?? []) : []))
  return [...new Set(found)]
}

/** `sha256:51ab34cd…`: enough of a digest to tell two apart by eye. */
export function shortDigest(digest: string): string {
  return `${digest.slice(0, 'sha256:'.length + 8)}…`
}
