import {mkdtempSync, rmSync, writeFileSync} from 'node:fs'
import {tmpdir} from 'node:os'
import {join} from 'node:path'
import {afterAll, describe, expect, test} from '@jest/globals'
import type {BuildInputs} from '../../../actions/ecr-build-push/src/build-inputs.ts'
import {describeImage} from '../../../actions/ecr-build-push/src/metadata.ts'
import type {Metadata} from '../../../actions/ecr-build-push/src/metadata.ts'
import {readSource} from '../../../actions/ecr-build-push/src/source.ts'
import {withoutOlder} from '../../../actions/ecr-build-push/src/tags/newest.ts'
import {fakeWorld, scriptedProcesses} from '../../support/world.ts'

const SHA = '860c1904a1ce19322e91ac35af1ab07466440c37'
const HEAD = '39d85cd81fa7ea5ee5e3a8bd4b9b1d3a0b1f2c3d'
const NOW = new Date('2026-01-10T00:30:00.000Z')
const COMMITTED = '2026-01-09T23:05:06+01:00'
const room = mkdtempSync(join(tmpdir(), 'slipway-tags-'))

afterAll(() => {
  rmSync(room, {recursive: true, force: true})
})

const repository = {
  default_branch: 'main',
  full_name: 'octocat/Hello-World',
  html_url: 'https://github.com/octocat/Hello-World',
  description: 'This your first repo!',
  license: {spdx_id: 'MIT'},
}
const head_commit = {id: SHA, timestamp: COMMITTED}
const pull_request = {number: 15, head: {sha: HEAD, repo: {full_name: 'octocat/Hello-World'}}, base: {ref: 'main'}}

interface Event {
  readonly name: string
  readonly ref: string
  readonly payload: Record<string, unknown>
}

const push = (branch: string): Event => ({
  name: 'push',
  ref: `refs/heads/${branch}`,
  payload: {repository, head_commit},
})
const tag = (name: string): Event => ({name: 'push', ref: `refs/tags/${name}`, payload: {repository, head_commit}})
const EVENTS = {
  main: push('main'),
  dev: push('dev'),
  feature: push('feature/añadir&más'),
  pr: {name: 'pull_request', ref: 'refs/pull/15/merge', payload: {repository, number: 15, pull_request}},
  prTarget: {name: 'pull_request_target', ref: 'refs/heads/main', payload: {repository, number: 15, pull_request}},
  schedule: {name: 'schedule', ref: 'refs/heads/main', payload: {repository: {...repository}}},
  release: {name: 'release', ref: 'refs/tags/v2.0.1', payload: {repository, release: {tag_name: 'v2.0.1'}}},
  dispatch: {name: 'workflow_dispatch', ref: 'refs/heads/dev', payload: {repository, inputs: {}}},
  group: {name: 'merge_group', ref: 'refs/heads/gh-readonly-queue/main/pr-12-abc', payload: {repository}},
  createTag: {name: 'create', ref: 'refs/tags/v1.1.1', payload: {repository, ref_type: 'tag'}},
  createBranch: {name: 'create', ref: 'refs/heads/main', payload: {repository, ref_type: 'branch'}},
} satisfies Record<string, Event>

let files = 0

async function describeEvent(
  event: Event,
  tags: readonly string[],
  more: Partial<BuildInputs> = {},
): Promise<Metadata> {
  const path = join(room, `event-${String((files += 1))}.json`)
  writeFileSync(path, JSON.stringify(event.payload))
  const world = fakeWorld({
    env: {GITHUB_EVENT_NAME: event.name, GITHUB_REF: event.ref, GITHUB_SHA: SHA, GITHUB_EVENT_PATH: path},
    processes: scriptedProcesses(() => ({code: 128, stderr: 'fatal: not a git repository'})),
  })
  const inputs = {target: {repository: 'team/app'}, tags, flavor: [], labels: [], annotations: [], ...more}
  return describeImage(inputs as unknown as BuildInputs, await readSource(world), NOW)
}

const SEMVER = [
  'type=semver,pattern={{version}}',
  'type=semver,pattern={{major}}.{{minor}}',
  'type=semver,pattern={{major}}',
]
const LONG = `feature/${'very-'.repeat(40)}long`

type Case = readonly [
  what: string,
  event: Event,
  tags: readonly string[],
  expected: readonly string[],
  flavor?: readonly string[],
]

const CASES: readonly Case[] = [
  // No rules: the commit, and a Git tag's name.
  ['nothing given, branch', EVENTS.main, [], [SHA]],
  ['nothing given, tag', tag('v1.2.3'), [], ['v1.2.3', SHA, 'latest']],
  ['nothing given, pull request', EVENTS.pr, [], [HEAD]],
  // ref
  ['ref branch', EVENTS.dev, ['type=ref,event=branch'], ['dev']],
  ['ref branch, sanitised, not HTML-escaped', EVENTS.feature, ['type=ref,event=branch'], ['feature-a-adir-m-s']],
  ['ref branch on schedule', EVENTS.schedule, ['type=ref,event=branch'], ['main']],
  ['ref branch on dispatch', EVENTS.dispatch, ['type=ref,event=branch'], ['dev']],
  ['ref branch on merge group', EVENTS.group, ['type=ref,event=branch'], ['gh-readonly-queue-main-pr-12-abc']],
  ['ref branch on create', EVENTS.createBranch, ['type=ref,event=branch'], ['main']],
  ['ref branch with prefix and suffix', EVENTS.dev, ['type=ref,event=branch,prefix=b-,suffix=-x'], ['b-dev-x']],
  ['ref tag', tag('v1.1.1'), ['type=ref,event=tag'], ['v1.1.1', 'latest']],
  ['ref tag with a slash', tag('sometag/v1'), ['type=ref,event=tag'], ['sometag-v1', 'latest']],
  ['ref tag on create', EVENTS.createTag, ['type=ref,event=tag'], ['v1.1.1', 'latest']],
  ['ref tag on release', EVENTS.release, ['type=ref,event=tag'], ['v2.0.1', 'latest']],
  ['ref tag of a pre-release never takes latest', tag('v1.2.3-rc.1'), ['type=ref,event=tag'], ['v1.2.3-rc.1']],
  ['ref pr', EVENTS.pr, ['type=ref,event=pr'], ['pr-15']],
  ['ref pr on pull_request_target', EVENTS.prTarget, ['type=ref,event=pr'], ['pr-15']],
  ['ref pr with a prefix of its own', EVENTS.pr, ['type=ref,event=pr,prefix=pull-'], ['pull-15']],
  ['ref pr without a prefix', EVENTS.pr, ['type=ref,event=pr,prefix='], ['15']],
  ['all refs at once', EVENTS.pr, ['type=ref,event=branch', 'type=ref,event=tag', 'type=ref,event=pr'], ['pr-15']],
  // sha
  ['sha', EVENTS.main, ['type=sha'], ['sha-860c190']],
  ['sha long', EVENTS.main, ['type=sha,format=long'], [`sha-${SHA}`]],
  ['sha without prefix', EVENTS.main, ['type=sha,prefix='], ['860c190']],
  ['sha of a pull request is its head, not the merge', EVENTS.pr, ['type=sha'], ['sha-39d85cd']],
  ['sha with a prefix expression', EVENTS.dev, ['type=sha,prefix={{branch}}-'], ['dev-860c190']],
  ['sha of a merge group', EVENTS.group, ['type=sha'], ['sha-860c190']],
  ['sha on release', EVENTS.release, ['type=sha'], ['sha-860c190']],
  ['sha on schedule', EVENTS.schedule, ['type=sha,format=long,prefix='], [SHA]],
  ['sha on dispatch', EVENTS.dispatch, ['type=sha'], ['sha-860c190']],
  ['nothing given, release', EVENTS.release, [], ['v2.0.1', SHA, 'latest']],
  ['nothing given, dispatch', EVENTS.dispatch, [], [SHA]],
  ['nothing given, merge group', EVENTS.group, [], [SHA]],
  ['nothing given, create of a tag', EVENTS.createTag, [], ['v1.1.1', SHA, 'latest']],
  // semver
  ['semver on create', EVENTS.createTag, SEMVER, ['1.1.1', '1.1', '1', 'latest']],
  ['semver release', tag('v1.2.3'), SEMVER, ['1.2.3', '1.2', '1', 'latest']],
  ['semver without v', tag('1.2.3'), SEMVER, ['1.2.3', '1.2', '1', 'latest']],
  ['semver pre-release takes its whole version only', tag('v1.2.3-beta.2'), SEMVER, ['1.2.3-beta.2']],
  ['semver raw', tag('v1.2.3-beta.2'), ['type=semver,pattern={{raw}}'], ['v1.2.3-beta.2']],
  ['semver with literal text', tag('v1.2.3'), ['type=semver,pattern=v{{version}}-alpine'], ['v1.2.3-alpine', 'latest']],
  [
    'semver drops build metadata, which a tag cannot hold',
    tag('v1.2.3+build.5'),
    ['type=semver,pattern={{version}}'],
    ['1.2.3', 'latest'],
  ],
  ['semver with a value', EVENTS.main, ['type=semver,pattern={{major}}.{{minor}},value=v3.4.5'], ['3.4', 'latest']],
  ['semver with match', tag('app/v1.2.3'), ['type=semver,pattern={{version}},match=app-v(.*)'], ['1.2.3', 'latest']],
  [
    'semver conditional',
    tag('v0.4.0'),
    ['type=semver,pattern={{major}},enable=false', 'type=semver,pattern={{version}}'],
    ['0.4.0', 'latest'],
  ],
  ['semver beside a branch', EVENTS.main, [...SEMVER, 'type=ref,event=branch'], ['main']],
  ['semver on release event', EVENTS.release, SEMVER, ['2.0.1', '2.0', '2', 'latest']],
  // pep440
  [
    'pep440 release',
    tag('1.2.3'),
    ['type=pep440,pattern={{version}}', 'type=pep440,pattern={{major}}.{{minor}}'],
    ['1.2.3', '1.2', 'latest'],
  ],
  [
    'pep440 pre-release',
    tag('1.2.3rc2'),
    ['type=pep440,pattern={{version}}', 'type=pep440,pattern={{major}}'],
    ['1.2.3rc2'],
  ],
  ['pep440 post-release', tag('1.2.3.post1'), ['type=pep440,pattern={{version}}'], ['1.2.3.post1']],
  ['pep440 with a value', EVENTS.dev, ['type=pep440,pattern={{major}},value=2.0'], ['2', 'latest']],
  // match
  ['match with a group', tag('v20200110-RC2'), ['type=match,pattern=v(\\d{8}),group=1'], ['20200110', 'latest']],
  ['match whole', tag('v1.2.3'), ['type=match,pattern=\\d.\\d'], ['1.2', 'latest']],
  ['match as /expression/flags', tag('V1.2.3'), ['type=match,pattern=/^v(.*)$/i,group=1'], ['1.2.3', 'latest']],
  [
    'match without a group of that number is skipped',
    tag('v1'),
    ['type=match,pattern=v\\d,group=3', 'type=sha'],
    ['sha-860c190'],
  ],
  ['match with a quoted comma', tag('v1.22.333'), ['type=match,"pattern=\\d{1,3}.\\d{1,3}"'], ['1.22', 'latest']],
  // edge, schedule
  ['edge on the default branch', EVENTS.main, ['type=edge'], ['edge']],
  ['edge elsewhere', EVENTS.dev, ['type=edge', 'type=sha'], ['sha-860c190']],
  ['edge of another branch', EVENTS.dev, ['type=edge,branch=dev'], ['edge']],
  ['schedule', EVENTS.schedule, ['type=schedule'], ['nightly']],
  ['schedule with a date', EVENTS.schedule, ["type=schedule,pattern={{date 'YYYYMMDD'}}"], ['20260110']],
  [
    'schedule with a time zone',
    EVENTS.schedule,
    ["type=schedule,pattern={{date 'YYYYMMDD-HHmm' tz='America/New_York'}}"],
    ['20260109-1930'],
  ],
  ['schedule elsewhere', EVENTS.main, ['type=schedule', 'type=ref,event=branch'], ['main']],
  // raw and literals
  ['raw', EVENTS.main, ['type=raw,value=foo'], ['foo']],
  [
    'raw expressions',
    EVENTS.dev,
    ["type=raw,value={{branch}}-{{sha}}-{{commit_date 'YYYYMMDD'}}"],
    ['dev-860c190-20260109'],
  ],
  ['raw base_ref', EVENTS.pr, ['type=raw,value=to-{{base_ref}}'], ['to-main']],
  ['raw tag', tag('v9'), ['type=raw,value=from-{{tag}}'], ['from-v9']],
  [
    'raw, only on the default branch, there',
    EVENTS.main,
    ['type=raw,value=latest,enable={{is_default_branch}}', 'type=sha'],
    ['latest', 'sha-860c190'],
  ],
  [
    'raw, only on the default branch, elsewhere',
    EVENTS.dev,
    ['type=raw,value=latest,enable={{is_default_branch}}', 'type=sha'],
    ['sha-860c190'],
  ],
  ['raw on other branches', EVENTS.dev, ['type=raw,value=pre,enable={{is_not_default_branch}}'], ['pre']],
  [
    'a create event of a tag is not the default branch',
    EVENTS.createTag,
    ['type=raw,value=x,enable={{is_default_branch}}', 'type=sha'],
    ['sha-860c190'],
  ],
  ['literals', EVENTS.main, ['one', 'two,three'], ['one', 'two', 'three']],
  ['literal latest comes last', EVENTS.main, ['latest', 'type=sha'], ['sha-860c190', 'latest']],
  ['a whole reference', EVENTS.main, ['123456789012.dkr.ecr.eu-west-1.amazonaws.com/team/app:v7'], ['v7']],
  ['a literal expression', EVENTS.dev, ['{{branch}}-build'], ['dev-build']],
  // priority, flavor
  [
    'priority',
    EVENTS.main,
    ['type=sha', 'type=ref,event=branch', 'type=raw,value=first,priority=2000'],
    ['first', 'main', 'sha-860c190'],
  ],
  ['twice the same tag', EVENTS.main, ['type=raw,value=main', 'type=ref,event=branch'], ['main']],
  ['latest=false', tag('v1.2.3'), SEMVER, ['1.2.3', '1.2', '1'], ['latest=false']],
  ['latest=true', EVENTS.dev, ['type=ref,event=branch'], ['dev', 'latest'], ['latest=true']],
  ['flavor prefix', tag('v1.2.3'), SEMVER, ['a-1.2.3', 'a-1.2', 'a-1', 'latest'], ['prefix=a-']],
  ['flavor prefix on latest', tag('v1.2.3'), SEMVER.slice(0, 1), ['a-1.2.3', 'a-latest'], ['prefix=a-,onlatest=true']],
  [
    'flavor suffix on latest',
    tag('v1.2.3'),
    SEMVER.slice(0, 1),
    ['1.2.3-alpine', 'latest-alpine'],
    ['suffix=-alpine,onlatest=true'],
  ],
  ['flavor prefix stands before that of sha', EVENTS.main, ['type=sha'], ['x-860c190'], ['prefix=x-']],
  ["a rule's own prefix stands before the flavor", EVENTS.main, ['type=sha,prefix=y-'], ['y-860c190'], ['prefix=x-']],
  [
    'the first rule decides about latest',
    tag('v1.2.3'),
    ['type=raw,value=x,priority=1000', ...SEMVER.slice(0, 1)],
    ['x', '1.2.3'],
  ],
]

describe('tags', () => {
  test.each(CASES)('%s', async (_what, event, tags, expected, flavor = []) => {
    const {tags: found, version} = await describeEvent(event, tags, {flavor})
    expect(found.map(({name}) => name)).toEqual(expected)
    expect(version).toBe(expected[0])
  })

  test('what is too long is cut and stays different', async () => {
    const names = await Promise.all(
      [LONG, `${LONG}er`].map(
        async (branch) => (await describeEvent(push(branch), ['type=ref,event=branch'])).tags[0]!.name,
      ),
    )
    expect(names.map((name) => name.length)).toEqual([128, 128])
    expect(new Set(names).size).toBe(2)
  })

  test.each([
    [['type=semver,pattern={{version}}'], ['1.2.3:fixed', 'latest:moves']],
    [['type=semver,pattern={{major}}.{{minor}}'], ['1.2:moves', 'latest:moves']],
    [
      ['type=ref,event=tag', 'type=sha'],
      ['v1.2.3:fixed', 'sha-860c190:fixed', 'latest:moves'],
    ],
    [
      ['release', 'type=raw,value={{branch}}x'],
      ['release:fixed', 'x:moves'],
    ],
  ])('%j: which tags are meant to move', async (tags, expected) => {
    const {tags: found} = await describeEvent(tag('v1.2.3'), tags)
    expect(found.map(({name, moves}) => `${name}:${moves ? 'moves' : 'fixed'}`)).toEqual(expected)
  })

  test.each([
    [['type=nonsense'], 'has type "nonsense": use schedule, semver, pep440, match, edge, ref, raw or sha'],
    [['type=sha,format=medium'], 'has format "medium": use short or long'],
    [['type=ref'], 'needs "event"'],
    [['type=ref,event=fork'], 'has event "fork": use branch, tag or pr'],
    [['type=raw,value=x,enable=perhaps'], 'has enable "perhaps": it must come out as true or false'],
    [['type=sha,priority=high'], 'has priority "high"'],
    [['type=raw,value=x,value=y'], 'gives "value" twice'],
    [['type=match,pattern=(,value=x'], 'has the pattern "("'],
    [['type=match,pattern=x,group=a'], 'has group "a"'],
    [['-x'], 'gives the tag "-x"'],
    [['other/app:v1'], 'is not in the repository "team/app"'],
    [['type=raw,value={{nonsense}}'], 'The expression "{{nonsense}}" is not known: use branch, tag, sha'],
    [["type=raw,value={{date 'YYYY' tz='Mars/Phobos'}}"], 'has the time zone "Mars/Phobos"'],
    [
      ['type=semver,pattern={{version}}'],
      'gives no tag for this run (type=semver,pattern={{version}}: only on a Git tag, or with a value)',
    ],
  ])('%j is refused', async (tags, sentence) => {
    await expect(describeEvent(EVENTS.main, tags)).rejects.toThrow(sentence)
  })

  test.each([['latest=perhaps'], ['colour=red'], ['onlatest=true']])('flavor %s is refused', async (line) => {
    await expect(describeEvent(EVENTS.main, ['x'], {flavor: [line]})).rejects.toThrow(`Input "flavor" has "${line}"`)
  })
})

describe('labels', () => {
  test('say what was built, and are the same for the same commit', async () => {
    const {labels} = await describeEvent(EVENTS.main, ['type=sha'], {
      labels: ['team={{branch}}', 'org.opencontainers.image.url='],
    })
    expect(Object.fromEntries(labels)).toEqual({
      'org.opencontainers.image.title': 'Hello-World',
      'org.opencontainers.image.description': 'This your first repo!',
      'org.opencontainers.image.source': 'https://github.com/octocat/Hello-World',
      'org.opencontainers.image.version': 'sha-860c190',
      'org.opencontainers.image.created': '2026-01-09T22:05:06.000Z',
      'org.opencontainers.image.revision': SHA,
      'org.opencontainers.image.licenses': 'MIT',
      team: 'main',
    })
  })

  test('the revision of a pull request is its head', async () => {
    const {labels} = await describeEvent(EVENTS.pr, ['type=sha'])
    expect(labels.get('org.opencontainers.image.revision')).toBe(HEAD)
    expect(labels.has('org.opencontainers.image.created')).toBe(false)
  })
})

describe('an older release', () => {
  const existing = ['1.2.3', 'v1.3.0', '2.0.0', '3.0.0-rc.1', 'main', '1.10.0']

  test.each([
    ['v1.2.4', ['1.2.4', '1.2']],
    ['v1.11.0', ['1.11.0', '1.11', '1']],
    ['v2.0.1', ['2.0.1', '2.0', '2', 'latest']],
    ['v1.2.2', ['1.2.2']],
  ])('%s leaves the tags of newer ones alone', async (name, expected) => {
    const {tags} = await describeEvent(tag(name), SEMVER)
    expect(withoutOlder(tags, existing).tags.map((kept) => kept.name)).toEqual(expected)
  })

  test('says which release is newer', async () => {
    const {tags} = await describeEvent(tag('v1.2.4'), SEMVER)
    expect(withoutOlder(tags, existing).left).toEqual([
      {tag: '1', newer: '1.10.0'},
      {tag: 'latest', newer: '2.0.0'},
    ])
  })
})
