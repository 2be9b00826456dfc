import type {ChildProcess} from 'node:child_process'
import {existsSync, readdirSync, readFileSync, rmSync, writeFileSync} from 'node:fs'
import {join} from 'node:path'
import {jest} from '@jest/globals'
import {startArtifacts} from '../support/artifact-service.ts'
import type {ArtifactServer} from '../support/artifact-service.ts'
import {startGitHub} from '../support/github-server.ts'
import type {GitHubAnswer, GitHubServer} from '../support/github-server.ts'
import {answersFor} from '../support/run-artifacts.ts'
import type {ActionResult} from '../support/spawn-action.ts'
import {startStateServer} from '../support/state-server.ts'
import type {StateServer} from '../support/state-server.ts'
import {data, terraformRoot} from '../support/terraform-root.ts'
import type {TerraformRoot} from '../support/terraform-root.ts'

jest.setTimeout(240_000)

const SECRET = 'marker-of-a-secret-in-the-state'
const MADE = data('a', `input = sensitive("${SECRET}")`)
/** More refusals than any apply and its rescue write. */
const AWAY = 1000

let backend: StateServer
let root: TerraformRoot
/** One run whose backend stays away costs half a minute: most tests go on from what this one kept. */
let lost: ActionResult
let keptBytes: Buffer
beforeAll(async () => {
  backend = await startStateServer()
  root = terraformRoot({'backend-config': `address=${backend.url}\nretry_max=0`}, 'http')
  lost = await appliedWhile(AWAY)
  keptBytes = readFileSync(lost.outputs['kept-state'] ?? '')
})
beforeEach(() => {
  backend.refuse(0)
  backend.write('')
  for (const name of keptFiles()) rmSync(join(root.folder, 'plans', name))
  rmSync(join(root.folder, 'infra/errored.tfstate'), {force: true})
  root.write(MADE)
})
afterAll(async () => {
  root.remove()
  await backend.close()
})

async function plannedId(): Promise<string> {
  const planned = await root.plan()
  expect(planned.errors).toEqual([])
  return planned.outputs['plan-id'] ?? ''
}

async function appliedWhile(refusals: number): Promise<ActionResult> {
  root.write(MADE)
  const id = await plannedId()
  backend.refuse(refusals)
  return await root.apply({'plan-id': id})
}

/** A run that is cancelled does not wait for its backend. */
async function cancelledWhileAway(inputs: Readonly<Record<string, string>>, env = {}): Promise<ActionResult> {
  root.write(
    `${MADE}${data('slow', 'depends_on = [terraform_data.a]\nprovisioner "local-exec" {\n command = "sleep 1"\n}')}`,
  )
  backend.refuse(AWAY)
  const onOutput = (text: string, child: ChildProcess): void => {
    if (text.includes('terraform_data.a created')) child.kill('SIGINT')
  }
  return await root.apply({approve: 'auto', ...inputs}, {env, onOutput})
}

const left = (): boolean => existsSync(join(root.folder, 'infra/errored.tfstate'))
const keptFiles = (): string[] =>
  readdirSync(join(root.folder, 'plans')).filter((name) => name.endsWith('slipway-state'))
const serial = (): number => (JSON.parse(backend.state()) as {serial: number}).serial

test('what was made while the backend was away was in no state: it is written as soon as the backend is back', async () => {
  const applied = await appliedWhile(2)
  expect([applied.code, applied.errors, applied.outputs['status']]).toEqual([0, [], 'succeeded'])
  expect(applied.log).toContain('terraform could not write the state and left it in infra/errored.tfstate')
  expect(applied.warnings).toEqual([expect.stringContaining('could not write the state')])
  expect(backend.state()).toContain('"type": "terraform_data"')
  expect([left(), keptFiles(), applied.outputs['kept-state']]).toEqual([false, [], ''])
  const again = await root.plan()
  expect(again.outputs['has-changes']).toBe('false')
})

test('while the backend stays away, the state outlives the runner, sealed; the run says where it is and how it gets back', () => {
  const applied = lost
  expect([applied.code, applied.outputs['status']]).toEqual([1, 'failed'])
  const place = applied.outputs['kept-state'] ?? ''
  expect(place).toMatch(/plans\/infra-default-[0-9a-f]{12}\.slipway-state$/)
  expect(applied.errors.at(-1)).toContain(`What was made stands in no state yet: it is kept as ${place}`)
  expect(applied.summary).toContain('mode: push-state')
  expect(applied.log).not.toContain('are done and in the state')
  expect(keptBytes.includes(SECRET)).toBe(false)
  expect(applied.visible).not.toContain(SECRET)
})

describe('a state that an earlier run kept', () => {
  beforeEach(() => {
    writeFileSync(lost.outputs['kept-state'] ?? '', keptBytes)
  })

  test('is written by the next apply before anything else; a plan that was made without it is not applied', async () => {
    const id = await plannedId()
    const again = await root.apply({'plan-id': id})
    expect(again.outputs['failure-reason']).toBe('plan-stale')
    expect(again.errors).toEqual([
      expect.stringMatching(/the plan was made without what run 1001 made.* The state of run 1001 is written/),
    ])
    expect([serial(), keptFiles()]).toEqual([1, []])
    const planned = await root.plan()
    expect(planned.outputs['has-changes']).toBe('false')
  })

  test('and an apply that plans by itself goes on with it: nothing is made twice', async () => {
    root.write(`${MADE}${data('b')}`)
    const applied = await root.apply({approve: 'auto'})
    expect(applied.errors).toEqual([])
    expect([applied.outputs['status'], applied.outputs['added'], keptFiles()]).toEqual(['succeeded', '1', []])
  })

  test('is written by "mode: push-state", and nothing else is done', async () => {
    const pushed = await root.apply({mode: 'push-state'})
    expect([pushed.errors, pushed.outputs['status'], pushed.outputs['applied']]).toEqual([[], 'succeeded', 'false'])
    expect([backend.state().includes(SECRET), serial(), keptFiles()]).toEqual([true, 1, []])
    const none = await root.apply({mode: 'push-state'})
    expect(none.outputs['failure-reason']).toBe('not-found')
    expect(none.errors[0]).toContain('no state of this root is kept: it would be')
  })

  test('is never forced over what somebody else has made since: both are named, and nothing is written', async () => {
    const theirs = terraformRoot({'backend-config': `address=${backend.url}\nretry_max=0`}, 'http')
    await theirs.settle(data('theirs'))
    theirs.remove()
    const before = backend.state()
    const refused = await root.apply({approve: 'auto'})
    expect([refused.outputs['failure-reason'], backend.state() === before, keptFiles().length]).toEqual([
      'conflict',
      true,
      1,
    ])
    expect(refused.errors[0]).toMatch(/somebody has written the state \(serial 1\) since .* was kept/)
  })

  test('needs the key it was sealed with, and whoever changed it is found out', async () => {
    for (const given of [{'plan-key': 'another-key-of-some-length'}, {'plan-key': ''}]) {
      const refused = await root.apply({mode: 'push-state', ...given})
      expect([refused.outputs['failure-reason'], backend.state()]).toEqual(['rejected', ''])
    }
    const [name = ''] = keptFiles()
    writeFileSync(join(root.folder, 'plans', name), 'no kept state')
    const refused = await root.apply({approve: 'auto'})
    expect(refused.errors[0]).toContain('the file is not a state that terraform-apply kept')
    expect(backend.state()).toBe('')
  })

  test('stays kept while somebody holds the lock, which is named, and goes in when it is free', async () => {
    const locking = {
      'backend-config': `address=${backend.url}\nlock_address=${backend.lockUrl}\nunlock_address=${backend.lockUrl}\nretry_max=0`,
    }
    const lock = {
      ID: '5f1c',
      Operation: 'OperationTypeApply',
      Info: '',
      Who: 'ana@laptop',
      Version: '1.11.4',
      Created: '2026-01-01T10:00:00Z',
      Path: '',
    }
    await fetch(backend.lockUrl, {method: 'LOCK', body: JSON.stringify(lock)})
    const refused = await root.apply({mode: 'push-state', 'lock-timeout': '1s', ...locking})
    expect([refused.outputs['failure-reason'], backend.state(), keptFiles().length]).toEqual(['state-locked', '', 1])
    expect(refused.errors[0]).toMatch(/the state is locked.* lock id 5f1c\. What run 1001 made .* it stays kept as/)
    await fetch(backend.lockUrl, {method: 'UNLOCK', body: JSON.stringify(lock)})
    const pushed = await root.apply({mode: 'push-state', ...locking})
    expect([pushed.errors, serial(), backend.lock(), keptFiles()]).toEqual([[], 1, undefined, []])
  })

  test('stays kept while the backend is still away, and the run says so', async () => {
    backend.refuse(AWAY)
    const refused = await root.apply({approve: 'auto'})
    expect(refused.code).toBe(1)
    expect(refused.errors[0]).toMatch(/What run 1001 made stands in no state yet: it stays kept as/)
    expect(keptFiles()).toHaveLength(1)
  })
})

test('a state was lost behind one that an earlier run had left on the same machine: each is told from the other', async () => {
  writeFileSync(join(root.folder, 'infra/errored.tfstate'), '{"version":4,"serial":1,"lineage":"old"}')
  const applied = await cancelledWhileAway({})
  expect(applied.log).not.toContain('are done and in the state')
  expect(keptFiles()).toHaveLength(1)
})

test('a run that is cancelled while its backend is away keeps the state at once and does not wait', async () => {
  const applied = await cancelledWhileAway({})
  expect(applied.outputs['status']).toBe('cancelled')
  expect(applied.errors.at(-1)).toContain('What was made stands in no state yet: it is kept as')
  expect([keptFiles().length, applied.log.includes('are done and in the state')]).toEqual([1, false])
})

describe('with plans as artifacts', () => {
  let service: ArtifactServer
  let github: GitHubServer
  let answers: Readonly<Record<string, GitHubAnswer>> = {}
  beforeEach(async () => {
    service = await startArtifacts()
    github = await startGitHub(({operation}) => answers[operation])
  })
  afterEach(async () => {
    await service.close()
    await github.close()
  })

  test('a re-run of the job finds the state that its first attempt kept; the artifact is gone then', async () => {
    const first = await cancelledWhileAway({'plan-store': 'artifact'}, service.env)
    expect(first.outputs['kept-state']).toMatch(/^artifact slipway-state-infra-default-[0-9a-f]{12} of run 1001$/)
    expect(first.summary).toContain('state-run: 1001')
    backend.refuse(0)
    root.write(MADE)
    const again = await root.apply({'plan-store': 'artifact', approve: 'auto'}, {env: service.env})
    expect([again.errors, again.log.includes('✓ the kept state is written')]).toEqual([[], true])
    expect([...service.artifacts.keys(), ...service.violations]).toEqual([])
  })

  test('another run writes it when it is told which run kept it; the artifact stays, which is said, and is no harm', async () => {
    const first = await cancelledWhileAway({'plan-store': 'artifact'}, service.env)
    const name = /slipway-state-\S+/.exec(first.outputs['kept-state'] ?? '')?.[0] ?? ''
    answers = answersFor(service, name)
    backend.refuse(0)
    const env = {...service.env, GITHUB_RUN_ID: '2002', GITHUB_API_URL: github.url}
    const inputs = {'plan-store': 'artifact', mode: 'push-state', 'state-run': '1001', 'github-token': 'ghs_secret'}
    const pushed = await root.apply(inputs, {env})
    expect([pushed.errors, pushed.outputs['status']]).toEqual([[], 'succeeded'])
    expect(backend.state()).toContain('"type": "terraform_data"')
    expect(pushed.log).toContain('it is an artifact of run 1001: delete it on the page of that run')
    const again = await root.apply(inputs, {env})
    expect([again.errors, again.log.includes('✓ it is in the state already')]).toEqual([[], true])
    expect(github.violations).toEqual([])
  })

  test('without a key nothing is kept where all readers of the repository could read it', async () => {
    const run = await cancelledWhileAway({'plan-store': 'artifact', 'plan-key': ''}, service.env)
    expect(run.errors.at(-1)).toContain('What was made stands in no state but in infra/errored.tfstate on this runner')
    expect(run.log).toContain('artifacts are open to all readers of the repository: set "plan-key"')
    expect([service.artifacts.size, left()]).toEqual([0, true])
  })
})
