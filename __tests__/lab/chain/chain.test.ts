import {randomUUID} from 'node:crypto'
import {writeFile} from 'node:fs/promises'
import {join} from 'node:path'
import {labEnvironment} from '../../../lab/index.ts'
import {failureReason, JOBS, runChain, servedVersions, whatHappened} from '../../../scripts/demo/chain.ts'
import type {ChainRun} from '../../../scripts/demo/chain.ts'
import {FAULTS} from '../../../scripts/demo/faults.ts'
import type {Change} from '../../../scripts/demo/faults.ts'

const MINUTES = 60_000
const lab = labEnvironment()

// A commit of this test's own: other tests deliver the repository's newest commit to the same registry.
const id = randomUUID()
const own: Change = {
  inject: async (repository) => {
    await writeFile(join(repository, 'chain-test'), id)
  },
}

const run = async (fault?: string): Promise<ChainRun> =>
  await runChain(lab, fault === undefined ? own : FAULTS[fault], () => undefined)
const results = (chain: ChainRun): Record<string, string | undefined> =>
  Object.fromEntries(JOBS.map((job) => [job, chain.workflow.jobs.get(job)?.result]))

let good: ChainRun

test(
  'a commit becomes a running service: the version that is served is the one that was built',
  async () => {
    good = await run()
    // Whoever was here before may have left the stack as it should be: then nothing is applied.
    const changes = good.workflow.jobs.get('plan')?.outputs['plan']?.['has-changes']
    expect([good.workflow.complaint, results(good)]).toEqual([
      '',
      {...Object.fromEntries(JOBS.map((job) => [job, 'success'])), ...(changes === 'false' && {apply: undefined})},
    ])
    expect(good.digest).toMatch(/^sha256:[0-9a-f]{64}$/)
    const served = await servedVersions(lab)
    expect(served.length).toBeGreaterThanOrEqual(3)
    for (const {commit, digest} of served) expect({commit, digest}).toEqual({commit: good.commit, digest: good.digest})
    expect(good.workflow.jobs.get('report')?.summary).toMatch(/is live|nothing changed/)
  },
  10 * MINUTES,
)

const statuses = ({workflow}: ChainRun): Record<string, string | undefined> =>
  Object.fromEntries(
    JOBS.filter((job) => job !== 'approve' && job !== 'report').map((job) => [
      job,
      whatHappened(workflow.jobs.get(job)).status,
    ]),
  )

test(
  'the same commit again changes nothing, says so at every stage, and builds nothing',
  async () => {
    const again = await run()
    expect([again.workflow.complaint, statuses(again)]).toEqual([
      '',
      // A one-off task is asked for, so it runs; that of the sample finds its migrations done.
      {
        build: 'unchanged',
        plan: 'planned',
        apply: 'skipped',
        migrate: 'succeeded',
        ecs: 'unchanged',
        kubernetes: 'unchanged',
      },
    ])
    expect(again.digest).toBe(good.digest)
    // What an apply would have handed on comes from the plan: the roles are those of the stack, and not a word is left open.
    expect(again.workflow.jobs.get('migrate')?.outputs['register']?.['task-definition-arn']).toBe(
      good.workflow.jobs.get('migrate')?.outputs['register']?.['task-definition-arn'],
    )
    expect([...again.workflow.jobs.values()].map(({log}) => log).join('\n')).not.toContain('${{')
    expect(again.workflow.jobs.get('build')?.outputs['image']).toMatchObject({reused: 'true', pushed: 'false'})
  },
  5 * MINUTES,
)

describe.each(Object.entries(FAULTS))('--break %s', (name, fault) => {
  test(
    `ends red at ${fault.job} with its true cause in log, annotation and summary`,
    async () => {
      const chain = await run(name)
      const job = chain.workflow.jobs.get(fault.job)
      const later = JOBS.slice(JOBS.findIndex((each) => each === fault.job) + 1).filter((each) => each !== 'report')
      expect(chain.workflow.exitCode).not.toBe(0)
      expect([job?.result, failureReason(job)]).toEqual(['failure', fault.reason])
      expect(later.map((each) => chain.workflow.jobs.get(each)?.result ?? 'skipped')).toEqual(
        later.map(() => 'skipped'),
      )
      expect(job?.errors).toHaveLength(1)
      for (const place of [job?.log, job?.errors.join('\n'), job?.summary]) expect(place).toMatch(fault.says)
    },
    5 * MINUTES,
  )
})

test(
  'a commit that was delivered before is delivered again, after others: its own image comes back',
  async () => {
    const back = await run()
    expect([back.workflow.complaint, statuses(back)['build']]).toEqual(['', 'unchanged'])
    for (const {commit, digest} of await servedVersions(lab)) {
      expect({commit, digest}).toEqual({commit: good.commit, digest: good.digest})
    }
  },
  5 * MINUTES,
)
