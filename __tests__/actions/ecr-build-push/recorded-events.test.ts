import {createRequire} from 'node:module'
import {mkdtempSync, rmSync, writeFileSync} from 'node:fs'
import {tmpdir} from 'node:os'
import {join} from 'node:path'
import {afterAll, describe, expect, test} from '@jest/globals'
import type {BuildInputs} from '../../../actions/ecr-build-push/src/build-inputs.ts'
import {describeImage} from '../../../actions/ecr-build-push/src/metadata.ts'
import {readSource} from '../../../actions/ecr-build-push/src/source.ts'
import {fakeWorld, scriptedProcesses} from '../../support/world.ts'

/** What of a payload decides about GITHUB_REF and GITHUB_SHA, and so about tags. */
interface Payload {
  readonly ref?: string
  readonly after?: string
  readonly head_commit?: {readonly timestamp?: string} | null
  readonly release?: {readonly tag_name: string}
  readonly pull_request?: {readonly number: number; readonly head: {readonly sha: string}}
  readonly merge_group?: {readonly head_ref: string; readonly head_sha: string}
}

interface Recorded {
  readonly name: string
  readonly examples: readonly Payload[]
}

// Payloads that GitHub sent, as its own client libraries are tested with (octokit/webhooks).
const recorded = createRequire(import.meta.url)('@octokit/webhooks-examples') as readonly Recorded[]
const SHA = '6113728f27ae82c7b1a177c8d03f9e96e0adf246'
const NOW = new Date('2026-01-10T00:30:00.000Z')
const room = mkdtempSync(join(tmpdir(), 'slipway-recorded-'))

afterAll(() => {
  rmSync(room, {recursive: true, force: true})
})

/** GITHUB_REF as GitHub documents it for the event ("Events that trigger workflows"). */
function refOf(event: string, payload: Payload): string {
  if (payload.pull_request) return `refs/pull/${String(payload.pull_request.number)}/merge`
  if (payload.release) return `refs/tags/${payload.release.tag_name}`
  if (payload.merge_group) return payload.merge_group.head_ref
  return event === 'create' ? `refs/tags/${payload.ref ?? ''}` : (payload.ref ?? '')
}

async function tagsOf(event: string, payload: Payload, rules: readonly string[]): Promise<readonly string[]> {
  const path = join(room, 'event.json')
  writeFileSync(path, JSON.stringify(payload))
  const ref = refOf(event, payload)
  const sha = payload.merge_group?.head_sha ?? SHA
  const world = fakeWorld({
    env: {GITHUB_EVENT_NAME: event, GITHUB_REF: ref, GITHUB_SHA: sha, GITHUB_EVENT_PATH: path},
    processes: scriptedProcesses(() => ({code: 128, stderr: 'fatal: not a git repository'})),
  })
  const inputs = {target: {repository: 'team/app'}, tags: rules, flavor: [], labels: [], annotations: []}
  const described = describeImage(inputs as unknown as BuildInputs, await readSource(world), NOW)
  return described.tags.map(({name}) => name)
}

const RULES = [
  'type=ref,event=branch',
  'type=ref,event=tag',
  'type=ref,event=pr',
  'type=semver,pattern={{version}}',
  'type=edge',
  'type=sha,format=long,prefix=',
]

/** Which recorded payloads, how many there are at least, and the tags that each of them gives. */
const EXPECTED: readonly [
  event: string,
  what: string,
  belongs: (payload: Payload) => boolean,
  least: number,
  tags: (payload: Payload) => readonly string[],
][] = [
  ['push', 'a tag', ({ref}) => ref?.startsWith('refs/tags/') === true, 5, () => ['simple-tag', SHA, 'latest']],
  ['push', 'the default branch', ({ref}) => ref === 'refs/heads/master', 2, () => ['edge', 'master', SHA]],
  ['pull_request', 'every action', () => true, 29, ({pull_request}) => ['pr-2', pull_request?.head.sha ?? '']],
  ['release', 'every action', () => true, 13, () => ['0.0.1', SHA, 'latest']],
  ['create', 'a tag', () => true, 5, () => ['simple-tag', SHA, 'latest']],
  [
    'workflow_dispatch',
    'the default branch',
    () => true,
    2,
    ({ref}) => ['edge', ref?.replace('refs/heads/', '') ?? '', SHA],
  ],
  [
    'merge_group',
    'a queue, whose branch is a branch',
    () => true,
    2,
    ({merge_group}) => [(merge_group?.head_ref ?? '').slice(11).replaceAll('/', '-'), merge_group?.head_sha ?? ''],
  ],
]

describe('events that GitHub sent', () => {
  test.each(EXPECTED)('%s, %s', async (event, _, belongs, least, expected) => {
    const payloads = recorded.find(({name}) => name === event)?.examples.filter(belongs) ?? []
    expect(payloads.length).toBeGreaterThanOrEqual(least)
    for (const payload of payloads) expect(await tagsOf(event, payload, RULES)).toEqual(expected(payload))
  })
})
