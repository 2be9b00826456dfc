import {execFile} from 'node:child_process'
import {randomUUID} from 'node:crypto'
import {appendFile, writeFile} from 'node:fs/promises'
import {join} from 'node:path'
import {promisify} from 'node:util'
import {DescribeServicesCommand, ECSClient, ListTaskDefinitionsCommand} from '@aws-sdk/client-ecs'
import {labClient, labEnvironment} from '../../../lab/index.ts'
import {JOBS, runChain, servedVersions, whatHappened} from '../../../scripts/demo/chain.ts'
import type {ChainRun} from '../../../scripts/demo/chain.ts'
import type {Change} from '../../../scripts/demo/faults.ts'

const MINUTES = 60_000
const lab = labEnvironment()
const execute = promisify(execFile)
const ecs = new ECSClient(labClient(lab))

const id = randomUUID()
const commit: Change = {
  inject: async (repository) => {
    await writeFile(join(repository, 'sample-app/src/resume-test.txt'), id)
    // Something to apply, once.
    await appendFile(join(repository, 'terraform/outputs.tf'), `\noutput "resumed" {\n  value = "${id}"\n}\n`)
  },
}
const deliver = async (lostAfter?: string): Promise<ChainRun> => await runChain(lab, commit, () => undefined, lostAfter)

/** What each platform counts up when something is really done to it. */
async function doneSoFar(): Promise<{revisions: number; deployment: string | undefined; rollouts: number}> {
  const {taskDefinitionArns = []} = await ecs.send(new ListTaskDefinitionsCommand({familyPrefix: 'streaming-api'}))
  const {services = []} = await ecs.send(
    new DescribeServicesCommand({cluster: 'StreamingCluster', services: ['APIService']}),
  )
  const argv = ['-n', 'streaming', 'get', 'deployment', 'streaming-api', '-o', 'json']
  const {stdout} = await execute('kubectl', argv, {env: {...process.env, ...lab.vars}})
  const {metadata} = JSON.parse(stdout) as {metadata: {annotations: Record<string, string>}}
  return {
    revisions: taskDefinitionArns.length,
    deployment: services[0]?.deployments?.find(({status}) => status === 'PRIMARY')?.id,
    rollouts: Number(metadata.annotations['deployment.kubernetes.io/revision']),
  }
}

const statuses = ({workflow}: ChainRun): Record<string, string> =>
  Object.fromEntries(
    ['build', 'apply', 'ecs', 'kubernetes'].map((job) => [job, whatHappened(workflow.jobs.get(job)).status]),
  )

// The runner may have begun the next job, or have said that it leaves it out, in the moment before the machine goes away.
const resultOf = ({workflow}: ChainRun, job: string): string => workflow.jobs.get(job)?.result ?? 'skipped'

// On an empty cloud there is nothing yet of which a second one could be counted.
beforeAll(async () => {
  await runChain(lab, undefined, () => undefined)
}, 10 * MINUTES)

test(
  'a machine that goes away after each stage in turn: run again, the delivery goes on there and does nothing twice',
  async () => {
    const before = await doneSoFar()
    const stages = JOBS.filter((job) => !['kubernetes', 'report'].includes(job))
    const pushed: (string | undefined)[] = []
    const digests = new Set<string | undefined>()
    for (const last of stages) {
      const cut = await deliver(last)
      const after = JOBS.slice(JOBS.indexOf(last) + 2)
      expect([last, cut.workflow.jobs.get(last)?.result]).toEqual([last, 'success'])
      for (const job of after) expect([last, job, resultOf(cut, job)]).toEqual([last, job, 'skipped'])
      pushed.push(cut.workflow.jobs.get('build')?.outputs['image']?.['pushed'])
      digests.add(cut.digest)
    }
    // Everything is done, and nobody was told.
    const untold = await deliver('kubernetes')
    expect([resultOf(untold, 'report'), statuses(untold)]).toEqual([
      'skipped',
      {build: 'unchanged', apply: 'skipped', ecs: 'unchanged', kubernetes: 'succeeded'},
    ])
    const whole = await deliver()
    expect([whole.workflow.complaint, whole.workflow.exitCode]).toEqual(['', 0])
    expect([...digests, whole.digest]).toEqual([whole.digest, whole.digest])
    expect(pushed).toEqual(['true', ...stages.slice(1).map(() => 'false')])
    expect(statuses(whole)).toEqual({build: 'unchanged', apply: 'skipped', ecs: 'unchanged', kubernetes: 'unchanged'})
    expect(whole.workflow.jobs.get('report')?.summary).toMatch(/is live|was live already/)
    for (const served of await servedVersions(lab))
      expect(served).toMatchObject({commit: whole.commit, digest: whole.digest})

    const now = await doneSoFar()
    expect([now.revisions - before.revisions, now.rollouts - before.rollouts]).toEqual([1, 1])
  },
  20 * MINUTES,
)
