import {chainOf, findMismatches, isCarriedOut, mergeReceipts} from '../../../actions/delivery-report/src/delivery.ts'
import {reportInputs} from '../../../actions/delivery-report/src/inputs.ts'
import type {JobResult} from '../../../actions/shared/report/needs.ts'
import {previewComment, unseenIn} from '../../../actions/delivery-report/src/preview-comment.ts'
import {deliverySection, headline} from '../../../actions/delivery-report/src/render.ts'
import {InputError} from '../../../actions/shared/core/errors.ts'
import type {Preview} from '../../../actions/shared/report/preview.ts'
import {BUILT, receiptOf} from '../../support/receipts.ts'

const env = {
  GITHUB_REPOSITORY: 'acme/streaming',
  GITHUB_SHA: '4c1f2e9000000000000000000000000000000000',
  GITHUB_RUN_ID: '1001',
}
const OTHER = `sha256:${'9f2c'.repeat(16)}`
const jobs = (results: Record<string, JobResult>): Map<string, JobResult> => new Map(Object.entries(results))

describe('a delivery that does not fit together is not green', () => {
  test('ECS runs another digest than the build made', () => {
    const delivery = mergeReceipts(env, [receiptOf('build'), receiptOf('ecs', {now: {digest: OTHER}})], jobs({}))
    expect(findMismatches(delivery).map(({sentence}) => sentence)).toEqual([
      'APIService runs sha256:9f2c9f2c…, and the build made sha256:51ab51ab…',
    ])
  })
  test('a receipt of an older commit was handed over', () => {
    const delivery = mergeReceipts(env, [receiptOf('plan', {commit: 'f'.repeat(40), now: {}})], jobs({}))
    expect(findMismatches(delivery)).toHaveLength(1)
  })
  test('a sidecar with its own digest beside the built one is fine', () => {
    const kubernetes = receiptOf('kubernetes', {now: {images: [`envoy@${OTHER}`, `streaming-api@${BUILT}`]}})
    expect(findMismatches(mergeReceipts(env, [receiptOf('build'), kubernetes], jobs({})))).toEqual([])
  })
  test('a failed deploy is told as failed, not as a mismatch', () => {
    const ecs = receiptOf('ecs', {status: 'rolled-back', now: {digest: OTHER}})
    const delivery = mergeReceipts(env, [receiptOf('build'), ecs], jobs({}))
    expect([findMismatches(delivery), delivery.status]).toEqual([[], 'rolled-back'])
  })
})

describe('the status of the whole', () => {
  const cases: [string, Parameters<typeof mergeReceipts>[1], Record<string, JobResult>, string][] = [
    [
      'a job that failed before it could write a receipt',
      [receiptOf('build')],
      {build: 'success', plan: 'failure'},
      'failed',
    ],
    ['a cancelled job', [receiptOf('build')], {build: 'success', plan: 'cancelled'}, 'cancelled'],
    ['a skipped job fails nothing', [receiptOf('build')], {build: 'success', plan: 'skipped'}, 'succeeded'],
    [
      'nothing had to be done',
      [receiptOf('build', {status: 'unchanged'}), receiptOf('ecs', {status: 'unchanged'})],
      {},
      'unchanged',
    ],
    [
      'a plan of nothing, and nothing else to be done',
      [receiptOf('plan', {status: 'planned'}), receiptOf('ecs', {status: 'unchanged'})],
      {},
      'unchanged',
    ],
    ['a plan only', [receiptOf('plan', {status: 'planned'})], {}, 'planned'],
    ['a timeout', [receiptOf('build'), receiptOf('ecs', {status: 'timed-out'})], {}, 'timed-out'],
  ]
  test.each(cases)('%s', (_name, receipts, results, status) => {
    expect(mergeReceipts(env, receipts, jobs(results)).status).toBe(status)
  })
})

describe('the chain of receipts', () => {
  const stages = [receiptOf('build'), receiptOf('plan'), receiptOf('ecs')]
  test('a changed receipt breaks its own link and every later one', () => {
    const changed = chainOf([receiptOf('build'), receiptOf('plan', {headline: 'forged'}), receiptOf('ecs')])
    expect(changed.map((link, at) => link === chainOf(stages)[at])).toEqual([true, false, false])
  })
  test('stages stand in the order of the chain, however they were given', () => {
    const merged = mergeReceipts(env, [...stages].reverse(), jobs({}))
    expect(merged.stages.map(({stage}) => stage)).toEqual(['build', 'plan', 'ecs'])
  })
})

describe('only what was deployed is called live', () => {
  const line = (...receipts: Parameters<typeof mergeReceipts>[1]): string =>
    headline(mergeReceipts(env, receipts, jobs({})))
  test('a build whose deploys were skipped', () => {
    expect(line(receiptOf('build'))).toBe('✓ streaming-api 4c1f2e9 is done, and nothing was deployed · 31 s')
  })
  test('a way back, run from another commit than the one that runs now, is named by its digest', () => {
    expect(line(receiptOf('kubernetes'), receiptOf('ecs'))).toBe('✓ acme/streaming sha256:51ab51ab… is live · 31 s')
  })
})

test('a preview that failed is not a safe one, and nothing is offered for approval', () => {
  const preview = {
    schema: 'slipway.preview/v1',
    stage: 'ecs',
    subject: 'APIService',
    headline: 'image',
    body: '',
    digest: BUILT,
  } as const
  const some: Preview[] = [{...preview, verdict: 'change'}]
  const comment = previewComment(
    some,
    env.GITHUB_SHA,
    unseenIn({notPreviewed: [], jobs: jobs({ecs: 'success', infrastructure: 'failure', fork: 'skipped'})}),
  )
  expect(comment).toMatch(/⚠ needs a look: not everything could be previewed/)
  expect(comment).toMatch(/job `infrastructure`.*✗ failure/)
  expect(comment).not.toMatch(/safe|approves exactly|fork/)
  expect(previewComment(some, env.GITHUB_SHA)).toMatch(/✓ safe[\s\S]*approves exactly this/)
  const unseen = previewComment(some, env.GITHUB_SHA, unseenIn({notPreviewed: ['APIService'], jobs: jobs({})}))
  expect(unseen).toMatch(/`APIService` \| ✗ could not be previewed: no approval covers it/)
  expect(unseen).not.toMatch(/safe|approves exactly/)
})

test('a job without outputs, whichever way a runner writes that down', () => {
  const needs = JSON.stringify({
    build: {result: 'success', outputs: null},
    plan: {result: 'success', outputs: {}},
    apply: {result: 'skipped'},
  })
  expect([...reportInputs({INPUT_NEEDS: needs}).jobs.keys()]).toEqual(['build', 'plan', 'apply'])
})

describe('what a person reads', () => {
  const delivery = mergeReceipts(
    env,
    [
      receiptOf('build'),
      receiptOf('ecs', {startedAt: '2026-01-01T10:03:00.000Z', tookMs: 41_000, waits: {'health checks': 30_000}}),
    ],
    jobs({}),
  )
  test('the headline has app, commit and the time that the person waited', () => {
    expect(headline(delivery)).toBe('✓ streaming-api 4c1f2e9 is live · 3 min 41 s')
  })
  test('a stage of somebody else cannot break the table or the chart', () => {
    const hostile = mergeReceipts(
      env,
      [receiptOf('build', {headline: 'a | b\n<script>', subject: 'x:crit, 0; y'})],
      jobs({deploy: 'failure'}),
    )
    const section = deliverySection(hostile, jobs({deploy: 'failure'}))
    expect(section).toContain('a \\| b<br>&lt;script&gt;')
    expect(section).toMatch(/ {4}build x crit {2}0 {2}y :done, /)
    expect(section).toContain('`deploy` failure')
  })
  test('a column without a word in it is left out', () => {
    const plain = mergeReceipts(env, [receiptOf('build'), receiptOf('ecs')], jobs({}))
    expect(deliverySection(plain, jobs({}))).toContain('| stage | what | took |\n')
    expect(deliverySection(delivery, jobs({}))).toContain('| stage | what | took | waited on |\n')
  })
  test('a job that was skipped is not told as one that went wrong', () => {
    const left = deliverySection(delivery, jobs({apply: 'skipped', kubernetes: 'skipped'}))
    expect(left).toContain('Jobs that were skipped: `apply` · `kubernetes`')
    expect(left).not.toContain('did not succeed')
    const red = deliverySection(delivery, jobs({ecs: 'failure', kubernetes: 'skipped', report: 'success'}))
    expect(red).toContain('Jobs that did not succeed: `ecs` failure\n\nJobs that were skipped: `kubernetes`')
  })
  test('waits are named', () => {
    expect(deliverySection(delivery, jobs({}))).toContain('health checks 30\u00a0s')
  })
  test('long names do not push the last column out of the page', () => {
    const waits = {'module.network.module.vpc.aws_vpc.this': 10_000}
    const long = mergeReceipts(
      env,
      [receiptOf('build', {headline: `pushed api:sha-${env.GITHUB_SHA}`, waits})],
      jobs({}),
    )
    const section = deliverySection(long, jobs({}))
    expect(section).toContain('pushed api:sha-4c1f2e900000… |')
    expect(section).toContain('aws\\_vpc.this 10\u00a0s')
    expect(section).not.toContain('module.')
  })
})

describe('what is done by now is not offered for approval', () => {
  const cases: [string, Preview['stage'], string, Parameters<typeof receiptOf>[], boolean, Preview['verdict']?][] = [
    ['a plan of nothing, which the delivery left out', 'plan', 'infra/', [['ecs']], true, 'none'],
    ['a plan of nothing before anything is done', 'plan', 'infra/', [['build']], false, 'none'],
    ['a plan that was applied', 'plan', 'infra/', [['apply', {subject: 'infra'}]], true],
    ['a plan of the top folder that was applied', 'plan', 'terraform', [['apply', {subject: '.'}]], true],
    ['a plan whose apply failed half-way', 'plan', 'infra/', [['apply', {subject: 'infra', status: 'failed'}]], true],
    ['a plan after a way back, which nobody applies', 'plan', 'infra/', [['ecs'], ['kubernetes']], false],
    ['the plan of another root', 'plan', 'infra/', [['apply', {subject: 'network'}]], false],
    ['a service that was deployed', 'ecs', 'APIService', [['ecs']], true],
    ['a service that was only looked at', 'ecs', 'APIService', [['ecs', {status: 'planned'}]], false],
  ]
  test.each(cases)('%s', (_name, stage, subject, receipts, done, verdict = 'change') => {
    expect(
      isCarriedOut(
        {stage, subject, verdict} as Preview,
        receipts.map((one) => receiptOf(...one)),
      ),
    ).toBe(done)
  })
})

describe('previews in one comment', () => {
  const preview = (change: Partial<Preview>): Preview => ({
    schema: 'slipway.preview/v1',
    stage: 'plan',
    subject: 'terraform/',
    verdict: 'change',
    headline: '**+2 ~1 −1**',
    body: 'rows',
    digest: BUILT,
    ...change,
  })
  const cases: [string, Preview[], string][] = [
    [
      'destroys are loud',
      [preview({verdict: 'destroy'}), preview({stage: 'ecs'})],
      '⚠ needs a look: 1 of 2 would destroy something',
    ],
    [
      'what could not be previewed is not safe',
      [preview({verdict: 'unknown'})],
      '⚠ needs a look: not everything could be previewed',
    ],
    ['nothing', [preview({verdict: 'none'})], '✓ nothing would change'],
    ['change', [preview({})], '✓ safe: nothing would be destroyed'],
  ]
  test.each(cases)('%s', (_name, previews, verdict) => {
    expect(previewComment(previews, env.GITHUB_SHA).split('\n')[0]).toBe(`### Slipway preview · ${verdict}`)
  })
  test('stand in the order of the chain, whatever order the jobs are given in', () => {
    const text = previewComment([preview({stage: 'kubernetes'}), preview({stage: 'ecs'}), preview({})], 'x')
    expect([...text.matchAll(/\*\*(Infrastructure|ECS|Kubernetes)\*\*/g)].map(([, name]) => name)).toEqual([
      ...['Infrastructure', 'ECS', 'Kubernetes'],
    ])
  })
  test('the digest that an approval is bound to does not depend on the order of the jobs', () => {
    const [a, b] = [preview({}), preview({stage: 'ecs', digest: OTHER})]
    expect(previewComment([a, b], 'x').split('\n').at(-1)).toBe(previewComment([b, a], 'x').split('\n').at(-1))
  })
})

describe('bad input is one sentence', () => {
  const cases: [string, Record<string, string>, string][] = [
    ['nothing at all', {}, 'There is nothing to report on: give "needs", "receipts" or "previews".'],
    [
      'a line that is no JSON',
      {INPUT_RECEIPTS: 'hello'},
      'Input "receipts", entry 1, is not JSON: pass the outputs of the stages unchanged, one per line.',
    ],
    [
      'a receipt of something else',
      {INPUT_RECEIPTS: '{"schema":"x"}'},
      'Input "receipts", entry 1, is not what a Slipway stage writes ("schema" is wrong): pass the outputs unchanged.',
    ],
    [
      'needs of a wrong shape',
      {INPUT_NEEDS: '{"build":"success"}'},
      'Input "needs" is not the needs context: give it toJSON(needs).',
    ],
  ]
  test.each(cases)('%s', (_name, given, sentence) => {
    expect(() => reportInputs(given)).toThrow(new InputError(sentence))
  })
  test('empty lines of stages that did not run are passed over, and a JSON array of texts is read', () => {
    const text = JSON.stringify(receiptOf('build'))
    expect(reportInputs({INPUT_RECEIPTS: `\n\n${text}\n   \n`}).receipts).toHaveLength(1)
    expect(reportInputs({INPUT_RECEIPTS: JSON.stringify([text, '', receiptOf('ecs')])}).receipts).toHaveLength(2)
  })
  test('receipts are found in the outputs of the jobs; a skipped job has none, whatever the runner shows', () => {
    const receipt = JSON.stringify(receiptOf('build'))
    const needs = {
      build: {result: 'success', outputs: {receipt, image: 'x'}},
      both: {result: 'failure', outputs: {'ecs-receipt': JSON.stringify(receiptOf('ecs')), 'task-receipt': ''}},
      plan: {result: 'skipped', outputs: {receipt: '${{ steps.plan.outputs.receipt }}'}},
    }
    const found = reportInputs({INPUT_NEEDS: JSON.stringify(needs), INPUT_RECEIPTS: receipt})
    expect(found.receipts.map(({stage}) => stage)).toEqual(['build', 'ecs'])
  })
})

describe('who, from what to what, and what it cost in retries', () => {
  const before = {taskDefinition: 'streaming-api:40', digests: [OTHER]}
  const section = (of: object, receipts: Parameters<typeof mergeReceipts>[1]): string =>
    deliverySection(mergeReceipts({...env, ...of}, receipts, jobs({})), jobs({}))

  test('the person, the commit, both digests and the run are one line', () => {
    const text = section({GITHUB_ACTOR: 'ana'}, [receiptOf('build'), receiptOf('ecs', {before})])
    expect(text).toContain(
      'commit `4c1f2e9` · by ana · image `sha256:9f2c9f2c…` → `sha256:51ab51ab…` · [run 1001](https://github.com/acme/streaming/actions/runs/1001)',
    )
    expect(text).not.toContain('Retries')
  })
  test('a cluster says what ran before as well as ECS does', () => {
    const ran = {resources: ['Deployment/api@3'], images: [`registry.example/api@${OTHER}`, 'proxy:1']}
    const text = section({}, [receiptOf('build'), receiptOf('kubernetes', {before: ran})])
    expect(text).toContain('image `sha256:9f2c9f2c…` → `sha256:51ab51ab…`')
  })
  test('who starts a run again is who delivers', () => {
    expect(section({GITHUB_ACTOR: 'ana', GITHUB_TRIGGERING_ACTOR: 'ben'}, [receiptOf('build')])).toContain('by ben')
  })
  test('a digest that ran before is no move', () => {
    const text = section({}, [receiptOf('build'), receiptOf('ecs', {before: {digests: [BUILT]}})])
    expect(text).toContain('· image `sha256:51ab51ab…` ·')
  })
  test('a run that was started again says what was kept, what ran again, and the time between', () => {
    const later = {run: '1001/2', startedAt: '2026-01-01T10:14:31.000Z'}
    const text = section({GITHUB_RUN_ATTEMPT: '2'}, [receiptOf('build'), receiptOf('ecs', later)])
    expect(text).toContain(', attempt 2')
    expect(text).toContain(
      'Retries: attempt 2 of the run · ECS in this one, 31 s · build kept from an earlier one · 14 min 0 s between the two',
    )
  })
  test('calls that were throttled are told by who they were made to', () => {
    const text = section({}, [receiptOf('build', {retries: {AWS: 1}}), receiptOf('ecs', {retries: {AWS: 14}})])
    expect(text).toContain('Retries: build asked AWS again once · ECS asked AWS again 14 times')
  })
  test('who approved is told once, and stands in the receipt', () => {
    const approvals = ['production', 'eu'].map((name) => ({by: 'ben_<b>', environments: [name]}))
    const delivery = mergeReceipts({...env, GITHUB_ACTOR: 'ana'}, [receiptOf('build')], jobs({}), approvals)
    expect(deliverySection(delivery, jobs({}))).toContain('by ana · approved by ben\\_&lt;b&gt; · ')
    expect(delivery.approvals).toEqual(approvals)
  })
  test('a signed receipt says by which key', () => {
    const delivery = mergeReceipts(env, [receiptOf('build')], jobs({}))
    const signature = {algorithm: 'ed25519', key: OTHER, value: ''} as const
    expect(deliverySection({...delivery, signature}, jobs({}))).toMatch(
      /receipt `sha256:\w+`, signed by `sha256:9f2c9f2c…`/,
    )
  })
})

test('what hundreds of services showed is noted in lines that a part of a comment holds', () => {
  const previews = Array.from({length: 600}, (_none, at) => ({
    ...{
      schema: 'slipway.preview/v1',
      stage: 'ecs',
      subject: `service-with-a-long-name-${String(at)}`,
      verdict: 'change',
    },
    ...{headline: '', body: '', digest: BUILT},
  })) as Preview[]
  const notes = previewComment(previews, 'x')
    .split('\n')
    .filter((line) => line.includes('slipway-shown'))
  expect(notes).toHaveLength(12)
  expect(Math.max(...notes.map(({length}) => length))).toBeLessThan(16_000)
})
