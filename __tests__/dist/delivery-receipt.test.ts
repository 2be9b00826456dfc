import {generateKeyPairSync} from 'node:crypto'
import {mkdtempSync, readFileSync, rmSync} from 'node:fs'
import {tmpdir} from 'node:os'
import {join} from 'node:path'
import {receiptOf} from '../support/receipts.ts'
import {releasesOnGitHub} from '../support/github-releases.ts'
import type {StoredRelease} from '../support/github-releases.ts'
import {startGitHub} from '../support/github-server.ts'
import {spawnAction} from '../support/spawn-action.ts'
import type {ActionResult} from '../support/spawn-action.ts'

interface Keys {
  readonly secret: string
  readonly open: string
}
function keys(): Keys {
  const pair = generateKeyPairSync('ed25519', {
    privateKeyEncoding: {type: 'pkcs8', format: 'pem'},
    publicKeyEncoding: {type: 'spki', format: 'pem'},
  })
  return {secret: pair.privateKey, open: pair.publicKey}
}
const ours = keys()
const stages = [
  receiptOf('build', {now: {repository: 'streaming-api', digest: `sha256:${'51ab'.repeat(16)}`}}),
  receiptOf('ecs', {now: {taskDefinition: 'streaming-api:41', digests: [`sha256:${'51ab'.repeat(16)}`]}}),
]

/** The receipt that a delivery leaves, made by the action itself. */
async function deliver(inputs: Record<string, string> = {}, receipts: readonly object[] = stages): Promise<string> {
  const result = await spawnAction('delivery-report', {
    inputs: {receipts: receipts.map((receipt) => JSON.stringify(receipt)).join('\n'), ...inputs},
  })
  expect(result.errors).toEqual([])
  return result.outputs['receipt'] ?? ''
}

// Made once, by the action itself.
let [unsigned, good, foreign, failed, buildOnly] = ['', '', '', '', '']
beforeAll(async () => {
  unsigned = await deliver()
  good = await deliver({'receipt-key': ours.secret})
  foreign = await deliver({'receipt-key': keys().secret})
  failed = await deliver({}, [stages[0]!, receiptOf('ecs', {status: 'rolled-back'})])
  buildOnly = await deliver({}, [stages[0]!])
}, 60_000)

async function read(
  releases: readonly StoredRelease[],
  inputs: Record<string, string> = {},
): Promise<ActionResult & {readonly violations: readonly string[]}> {
  const server = await startGitHub(releasesOnGitHub(releases))
  try {
    const result = await spawnAction('delivery-report', {
      inputs: {mode: 'read', release: 'v1.4.0', 'github-token': 'ghs_secret', ...inputs},
      env: {GITHUB_API_URL: server.url},
    })
    return {...result, violations: server.violations}
  } finally {
    await server.close()
  }
}
const release = (receipt: string, more: Partial<StoredRelease> = {}): StoredRelease => ({
  tag: 'v1.4.0',
  assets: {'receipt.json': receipt},
  ...more,
})
const changed = (receipt: string, change: object): string =>
  JSON.stringify({...(JSON.parse(receipt) as object), ...change})

test('a receipt that was signed is believed, and hands on what is to run again', async () => {
  const told = await read([release(good)], {'receipt-public-key': ours.open})
  expect([told.errors, told.violations]).toEqual([[], []])
  expect(told.outputs).toMatchObject({
    release: 'v1.4.0',
    commit: '4c1f2e9000000000000000000000000000000000',
    repository: 'streaming-api',
    digest: `sha256:${'51ab'.repeat(16)}`,
    'task-definition': 'streaming-api:41',
  })
  expect(told.log).toMatch(/✓ v1\.4\.0: the receipt of 4c1f2e9 is of this repository, signed by sha256:[0-9a-f]{12}…/)
})

test('while one key takes the place of another, both are believed', async () => {
  const told = await read([release(good)], {'receipt-public-key': `${keys().open}${ours.open}`})
  expect(told.errors).toEqual([])
})

test('without a key to check with, the chain is enough, and the log says that it is all', async () => {
  const told = await read([release(unsigned)])
  expect(told.errors).toEqual([])
  expect(told.log).toContain('its chain holds; no key is set that it could be signed by')
})

describe('a receipt that must not be used moves nothing', () => {
  test.each<[string, () => string, string]>([
    ['without a signature where one is asked for', () => unsigned, 'has no signature, and "receipt-public-key" asks'],
    ['signed by somebody else', () => foreign, 'is signed by a key that is not trusted here (sha256:'],
    ['whose status was made green', () => changed(good, {status: 'unchanged'}), 'was changed after it was signed'],
    ['whose commit was changed', () => changed(good, {commit: 'f'.repeat(40)}), 'was changed after it was signed'],
    ['of another repository', () => changed(good, {repository: 'mallory/streaming'}), 'is of another repository'],
    ['of a later kind', () => changed(good, {schema: 'slipway.delivery/v2'}), 'is of an unknown kind'],
  ])('%s', async (_what, receipt, why) => {
    const told = await read([release(receipt())], {'receipt-public-key': ours.open})
    expect([told.code, told.outputs['failure-reason'], told.outputs['digest'] ?? '']).toEqual([1, 'rejected', ''])
    expect(told.errors).toEqual([expect.stringContaining(`the receipt of v1.4.0 ${why}`)])
    expect(told.errors[0]).toContain('Nothing was changed')
  })

  test('with a stage that was changed, without any key', async () => {
    const told = await read([release(unsigned.replace('build done', 'build forged'))])
    expect(told.errors[0]).toContain('was changed after it was written (stage 0)')
  })
  test('with a stage too few', async () => {
    const {stages: all} = JSON.parse(unsigned) as {stages: object[]}
    const told = await read([release(changed(unsigned, {stages: all.slice(0, 1)}))])
    expect(told.errors[0]).toContain('was changed after it was written (stage 1)')
  })
  test('of a delivery that failed', async () => {
    const told = await read([release(failed)])
    expect(told.errors[0]).toContain('release v1.4.0 never ran: its delivery ended rolled-back')
  })
  test('without the stage that is to be put back', async () => {
    const told = await read([release(buildOnly)], {'require-stages': 'ecs'})
    expect(told.errors[0]).toContain('the receipt of v1.4.0 has no stage "ecs"')
  })
  test('and a release without one, or none of that name, neither', async () => {
    const bare = await read([{tag: 'v1.4.0'}])
    expect([bare.outputs['failure-reason'], bare.errors[0]]).toEqual([
      'not-found',
      expect.stringContaining('release v1.4.0 has no receipt.json'),
    ])
    expect((await read([])).errors[0]).toContain('there is no release v1.4.0 that this run may read')
  })
})

describe('the one before', () => {
  const previous = {release: 'previous'}

  test('is the release before the one that was delivered last; what failed or has no receipt is passed over', async () => {
    const told = await read(
      [
        release(good, {tag: 'v1.3.0'}),
        release(good, {tag: 'v1.3.1'}),
        {tag: 'v1.3.2'},
        release(good, {tag: 'v1.4.0-rc', prerelease: true}),
        release(good, {tag: 'v1.4.0'}),
        release(failed, {tag: 'v1.4.1'}),
      ],
      previous,
    )
    expect([told.errors, told.outputs['release']]).toEqual([[], 'v1.3.1'])
    expect(told.log).toMatch(/v1\.4\.1 is passed over: its delivery ended rolled-back\n.*v1\.4\.0 was delivered/)
  })
  test('a receipt on the way to it that was changed is not passed over', async () => {
    const forged = good.replace('ecs done', 'ecs forged')
    const told = await read([release(good, {tag: 'v1'}), release(forged, {tag: 'v2'}), release(good)], previous)
    expect(told.errors[0]).toContain('the receipt of v2 was changed after it was written (stage 1)')
  })
  test('there is none when only one release was delivered', async () => {
    const told = await read([release(unsigned)], previous)
    expect(told.errors[0]).toContain('only v1.4.0 was delivered')
  })
})

describe('keys', () => {
  test('the merged receipt is a file too, for a step that attests it', async () => {
    const temp = mkdtempSync(join(tmpdir(), 'slipway-receipt-test-'))
    const result = await spawnAction('delivery-report', {
      inputs: {receipts: JSON.stringify(stages[0])},
      env: {RUNNER_TEMP: temp},
    })
    const file = readFileSync(result.outputs['receipt-file'] ?? '', 'utf8')
    rmSync(temp, {recursive: true})
    expect(file).toBe(result.outputs['receipt'])
  })
  test('what is no private key is refused before anything is told, and is not shown', async () => {
    const result = await spawnAction('delivery-report', {
      inputs: {receipts: JSON.stringify(stages[0]), 'receipt-key': 'hunter2hunter2'},
    })
    expect([result.code, result.outputs['receipt'] ?? '']).toEqual([1, ''])
    expect(result.errors[0]).toContain('Input "receipt-key" is not an Ed25519 private key')
    expect(result.visible).not.toContain('hunter2')
  })
  test('a private key where everybody may read is refused', async () => {
    const told = await read([], {'receipt-public-key': ours.secret})
    expect(told.errors[0]).toContain('Input "receipt-public-key" is not an Ed25519 public key')
  })
  test('the key is nowhere to be seen', async () => {
    const result = await spawnAction('delivery-report', {
      inputs: {receipts: JSON.stringify(stages[0]), 'receipt-key': ours.secret},
    })
    expect(result.visible).not.toContain(ours.secret.split('\n')[1])
  })
})
