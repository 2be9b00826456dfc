import {jest} from '@jest/globals'
import {marker} from '../../actions/shared/github/comment.ts'
import {commentEvent, HEAD, pullOnGitHub} from '../support/github-pull.ts'
import type {PullOnGitHub, PullScene} from '../support/github-pull.ts'
import {startGitHub} from '../support/github-server.ts'
import type {GitHubAnswer, GitHubRequest} from '../support/github-server.ts'
import {spawnAction} from '../support/spawn-action.ts'
import type {ActionResult} from '../support/spawn-action.ts'

// GitHub asks its clients to leave a second between two writes, and the action does.
jest.setTimeout(30_000)

const BEFORE = '2026-03-01T11:00:00Z'
const AFTER = '2026-03-01T12:00:07Z'
const roles = {maintainer: 'maintain', writer: 'write', reader: 'read'}
const good: PullScene = {
  roles,
  pushedAt: BEFORE,
  reviews: [{by: 'writer', state: 'APPROVED', commit: HEAD}],
}

interface Told extends ActionResult {
  readonly pull: PullOnGitHub
  readonly violations: readonly string[]
  readonly asked: readonly string[]
}

interface Call {
  readonly by?: string
  readonly inputs?: Record<string, string>
  readonly event?: object
  readonly eventName?: string
  /** A preview comment that is there already. */
  readonly preview?: string
  readonly answers?: (request: GitHubRequest) => GitHubAnswer | undefined
}

async function say(body: string, scene: PullScene = good, call: Call = {}): Promise<Told> {
  const pull = pullOnGitHub(scene)
  if (call.preview !== undefined) {
    const target = {repository: {owner: 'acme', repo: 'streaming'}, number: 7, key: 'preview'}
    pull.store.add('github-actions[bot]', `${marker(target, 0)}\n${call.preview}`)
  }
  const server = await startGitHub((request) => call.answers?.(request) ?? pull.answer(request))
  try {
    const result = await spawnAction('pr-command', {
      files: {'event.json': JSON.stringify(call.event ?? commentEvent(body, call.by))},
      inputs: {'github-token': 'ghs_secret', environments: 'production, staging', ...call.inputs},
      env: {
        GITHUB_API_URL: server.url,
        GITHUB_GRAPHQL_URL: `${server.url}/graphql`,
        GITHUB_EVENT_NAME: call.eventName ?? 'issue_comment',
        GITHUB_EVENT_PATH: 'event.json',
      },
    })
    expect(result.visible).not.toContain('ghs_secret')
    return {...result, pull, violations: server.violations, asked: server.requests.map(({operation}) => operation)}
  } finally {
    await server.close()
  }
}

const reply = ({pull}: Told): string => pull.store.comments.at(-1)?.body ?? ''

/** Red, with a thumb down and one answer that says why; and no command handed on. */
function expectRefused(told: Told, reason: string, why: RegExp): void {
  expect([told.code, told.outputs['failure-reason'], told.outputs['command'] ?? '']).toEqual([1, reason, ''])
  expect(told.errors[0]).toMatch(why)
  expect(reply(told)).toMatch(why)
  expect([...told.pull.reactions]).toEqual(['-1'])
  expect(told.violations).toEqual([])
}

describe('what is no command', () => {
  test.concurrent.each([
    'Looks good to me',
    'I would /deploy production now',
    '> /deploy production',
    '/lgtm',
    '/deployments are slow today',
    ' /plan',
  ])('%j is left alone: green, and GitHub is asked nothing', async (body) => {
    const told = await say(body)
    expect([told.code, told.outputs['status'], told.outputs['command'], told.asked]).toEqual([0, 'unchanged', '', []])
  })
  test.concurrent.each([
    ['edited', commentEvent('/plan', 'maintainer', {action: 'edited'}), /a comment that was edited is no command/],
    ['on an issue', commentEvent('/plan', 'maintainer', {issue: {number: 7}}), /on an issue/],
    [
      'of a bot',
      commentEvent('', 'x', {
        comment: {id: 1, body: '/plan', created_at: BEFORE, user: {login: 'b[bot]', type: 'Bot'}},
      }),
      /written by a bot/,
    ],
  ] as const)('a comment %s too', async (_what, event, why) => {
    const told = await say('', good, {event})
    expect([told.code, told.outputs['command'], told.asked]).toEqual([0, '', []])
    expect(told.log).toMatch(why)
  })
  test.concurrent('another event is a mistake of the workflow', async () => {
    const told = await say('/plan', good, {eventName: 'push'})
    expect(told.errors).toEqual([
      'This run was started by "push", not by a comment: use "on: issue_comment" with "types: [created]".',
    ])
  })
})

describe('a command that is taken', () => {
  test.concurrent('/deploy staging: everything that the jobs need, for the head commit', async () => {
    const told = await say('/deploy staging\r\nThe fix that Ana waits for.')
    expect([told.code, told.errors, told.violations]).toEqual([0, [], []])
    expect(told.outputs).toMatchObject({
      command: 'deploy',
      environment: 'staging',
      'head-sha': HEAD,
      'head-ref': 'change',
      'base-ref': 'main',
      'pull-request': '7',
      'comment-key': 'preview-staging',
      actor: 'maintainer',
      status: 'succeeded',
    })
    expect([...told.pull.reactions]).toEqual(['eyes'])
  })
  test.concurrent('/plan needs no review, and takes a branch that lacks something', async () => {
    const told = await say('/plan', {roles, pushedAt: BEFORE, behind: 3, draft: true}, {by: 'writer'})
    expect([told.code, told.outputs['command'], told.outputs['environment']]).toEqual([0, 'plan', 'production'])
  })
  test.concurrent('/apply names the plan of the preview of this commit', async () => {
    const id = `terraform-default-0a1b2c3d-${HEAD.slice(0, 12)}-1001-1`
    const told = await say('/apply', good, {preview: `text\n<sub>plan \`${id}\`</sub>`})
    expect([told.code, told.outputs['plan-id']]).toEqual([0, id])
  })
  test.concurrent('/unlock takes the one lock that is named, also when the pull request was merged', async () => {
    const lock = '5f1c2d3e-0000-1111-2222-333344445555'
    const told = await say(`/unlock ${lock} staging`, {roles, state: 'closed'})
    expect([told.code, told.outputs['lock-id'], told.outputs['environment']]).toEqual([0, lock, 'staging'])
  })
  test.concurrent('a commit that is named is the head: its push is not asked for', async () => {
    const told = await say(`/plan ${HEAD.slice(0, 7)}`, {roles})
    expect([told.code, told.outputs['head-sha']]).toEqual([0, HEAD])
    expect(told.asked).not.toContain('GET /repos/{owner}/{repo}/activity')
  })
})

describe('who may', () => {
  test.concurrent('a reader may not, and learns what is needed; nothing about the pull request is read', async () => {
    const told = await say('/plan', good, {by: 'reader'})
    expectRefused(told, 'access-denied', /commands need the permission "write".* and reader has "read"/)
    expect(told.asked.some((operation) => operation.includes('/pulls/'))).toBe(false)
  })
  test.concurrent('a stranger may not', async () => {
    expectRefused(await say('/deploy production', good, {by: 'mallory'}), 'access-denied', /mallory has "none"/)
  })
  test.concurrent('a stranger learns nothing by a command that is not understood', async () => {
    expectRefused(await say('/deploy secret', good, {by: 'mallory'}), 'access-denied', /mallory has "none"/)
  })
  test.concurrent('where maintainers are asked for, a writer is not enough', async () => {
    const told = await say('/plan', good, {by: 'writer', inputs: {permission: 'maintain'}})
    expectRefused(told, 'access-denied', /the permission "maintain".* writer has "write"/)
  })
  test.concurrent('a custom role counts as what it is based on', async () => {
    const answers = ({operation}: GitHubRequest): GitHubAnswer | undefined =>
      operation.endsWith('/permission') ? {body: {permission: 'write', role_name: 'release engineer'}} : undefined
    const told = await say('/plan', good, {by: 'somebody', answers})
    expect([told.code, told.outputs['command']]).toEqual([0, 'plan'])
  })
})

describe('which commit', () => {
  test.concurrent('a push after the comment is refused', async () => {
    expectRefused(
      await say('/deploy production', {...good, pushedAt: AFTER}),
      'head-moved',
      /4c1f2e9 was pushed after the command was written/,
    )
  })
  test.concurrent('a push in the very second of the comment counts as after', async () => {
    expectRefused(await say('/plan', {...good, pushedAt: '2026-03-01T12:00:00Z'}), 'head-moved', /was pushed after/)
  })
  test.concurrent('another commit than the head is refused', async () => {
    expectRefused(await say('/plan deadbeef', good), 'head-moved', /is for deadbee, and the head .* is 4c1f2e9/)
  })
  test.concurrent.each([['stranger/streaming'], [null]])('a fork (%s) is refused plainly', async (headRepository) => {
    expectRefused(await say('/plan', {...good, headRepository}), 'rejected', /comes from a fork, whose code gets no/)
  })
  test.concurrent('a closed pull request and a draft are refused', async () => {
    expectRefused(await say('/plan', {...good, state: 'closed'}), 'rejected', /is closed/)
    expectRefused(await say('/deploy production', {...good, draft: true}), 'rejected', /is a draft/)
  })
  test.concurrent('a branch that lacks commits of its base would take them back', async () => {
    expectRefused(
      await say('/deploy production', {...good, behind: 2}),
      'rejected',
      /lacks 2 commits of main, which this would take back/,
    )
  })
})

describe('an approving review', () => {
  const without = (...reviews: NonNullable<PullScene['reviews']>[number][]): PullScene => ({...good, reviews})
  test.concurrent.each([
    ['is missing', without(), /nobody with write permission but its author has approved 4c1f2e9/],
    [
      'of an earlier commit',
      without({by: 'writer', state: 'APPROVED', commit: 'f'.repeat(40)}),
      /approved 4c1f2e9: what writer approved is an earlier commit/,
    ],
    ['of somebody who may not write', without({by: 'reader', state: 'APPROVED', commit: HEAD}), /nobody with write/],
    ['of the author', without({by: 'author', state: 'APPROVED', commit: HEAD}), /nobody with write/],
    [
      'that was taken back',
      without({by: 'writer', state: 'APPROVED', commit: HEAD}, {by: 'writer', state: 'DISMISSED', commit: HEAD}),
      /nobody with write/,
    ],
    [
      'beside one that asks for changes',
      without(
        {by: 'maintainer', state: 'APPROVED', commit: HEAD},
        {by: 'writer', state: 'CHANGES_REQUESTED', commit: 'f'.repeat(40)},
      ),
      /writer asked for changes/,
    ],
  ] as const)('%s', async (_what, scene, why) => {
    expectRefused(await say('/deploy production', scene), 'not-approved', why)
  })
  test.concurrent('a comment after it does not take it back', async () => {
    const told = await say(
      '/deploy production',
      without({by: 'writer', state: 'APPROVED', commit: HEAD}, {by: 'writer', state: 'COMMENTED', commit: HEAD}),
    )
    expect(told.code).toBe(0)
  })
  test.concurrent('is asked for only where it is wanted', async () => {
    const told = await say('/deploy production', without(), {inputs: {'approval-for': 'none'}})
    expect(told.code).toBe(0)
  })
})

describe('the checks of the commit', () => {
  const checks = [
    {name: 'test', ended: 'success'},
    {name: 'coverage', ended: 'failure'},
  ]
  test.concurrent('one that failed refuses a deploy, and not a plan', async () => {
    expectRefused(
      await say('/deploy staging', {...good, checks}),
      'rejected',
      /4c1f2e9 has checks that failed: "coverage"/,
    )
    expect((await say('/plan', {...good, checks})).code).toBe(0)
  })
  test.concurrent('only those that count are asked for', async () => {
    const told = await say('/deploy staging', {...good, checks}, {inputs: {'required-checks': 'test'}})
    expect([told.code, told.violations]).toEqual([0, []])
  })
  test.concurrent('of a status of the older kind, the newest counts', async () => {
    const of = (state: string): {context: string; state: string} => ({context: 'ci/jenkins', state})
    expect((await say('/deploy staging', {...good, statuses: [of('success'), of('failure')]})).code).toBe(0)
    expectRefused(
      await say('/deploy staging', {...good, statuses: [of('pending'), of('success')]}),
      'rejected',
      /has checks that are not done: "ci\/jenkins"/,
    )
  })
  test.concurrent('that may not be read are not taken for green', async () => {
    const told = await say('/deploy staging', good, {
      answers: ({operation}) => (operation.endsWith('/check-runs') ? {status: 403, body: {message: 'No'}} : undefined),
    })
    expectRefused(told, 'access-denied', /may not read the checks of the commit/)
  })
})

describe('what is not understood', () => {
  test.concurrent.each([
    ['/deploy', /has to name an environment \(there are: production, staging\)/],
    ['/deploy prod', /it has "prod", which is no environment \(there are: production, staging\)/],
    ['/deploy production staging', /it names an environment twice/],
    ['/unlock', /has to name the lock/],
  ])('%j is answered with how it is written', async (body, why) => {
    expectRefused(await say(body), 'invalid-input', why)
  })
  test.concurrent('text of the comment is shown as text, in the answer and in the log', async () => {
    const told = await say('/deploy ::set-output$(id)`<img>@everyone')
    expectRefused(told, 'invalid-input', /is no environment/)
    // What is quoted is code, whose fence the backtick inside does not end; the sentence itself is escaped.
    const [quote = '', sentence = ''] = reply(told).split(': **✗ refused**')
    expect(quote).toMatch(/``\/deploy .*@everyone``$/)
    expect(sentence).not.toMatch(/<img>|@everyone/)
    expect(told.log).not.toMatch(/^::set-output/m)
  })
})

describe('/apply', () => {
  test.concurrent('without a preview says to plan first', async () => {
    expectRefused(await say('/apply'), 'not-found', /there is no preview with a plan of 4c1f2e9 to apply/)
  })
  test.concurrent('after a push refuses the plan of the commit before', async () => {
    const preview = `<sub>plan \`terraform-default-0a1b2c3d-${'f'.repeat(12)}-1001-1\`</sub>`
    expectRefused(await say('/apply', good, {preview}), 'plan-rejected', /is of fffffff, and the head is 4c1f2e9/)
  })
})

describe('trouble with GitHub', () => {
  const refusing =
    (part: string) =>
    ({operation}: GitHubRequest): GitHubAnswer | undefined =>
      operation.includes(part) ? {status: 403, body: {message: 'Resource not accessible by integration'}} : undefined

  test.concurrent('a reaction that may not be written is a warning', async () => {
    const told = await say('/plan', good, {answers: refusing('/reactions')})
    expect([told.code, told.outputs['command']]).toEqual([0, 'plan'])
    expect(told.warnings[0]).toMatch(/needs "permissions: pull-requests: write"/)
  })
  test.concurrent('a permission that cannot be read is no permission', async () => {
    const told = await say('/plan', good, {answers: refusing('/permission')})
    expect([told.code, told.outputs['command'] ?? '']).toEqual([1, ''])
  })
})

describe('the answer', () => {
  const receipt = JSON.stringify({
    ...{schema: 'slipway.receipt/v1', stage: 'ecs', subject: 'APIService', status: 'succeeded'},
    ...{headline: 'APIService 2/2 on 51ab…', startedAt: '2026-03-01T12:00:00Z', tookMs: 1, commit: HEAD, run: '1/1'},
    ...{now: {}, before: {}},
  })
  const taken = {result: 'success', outputs: {command: 'deploy', 'head-sha': HEAD}}
  const needs = (jobs: object): string => JSON.stringify({command: taken, ...jobs})

  test.concurrent(
    'of a good end: a rocket for the eyes, a line for each job, one comment also when the run is started again',
    async () => {
      const inputs = {
        mode: 'answer',
        needs: needs({
          deploy: {result: 'success', outputs: {'ecs-receipt': receipt, delivery: '{}'}},
          plan: {result: 'skipped', outputs: {'comment-url': '${{ x }}'}},
        }),
      }
      const told = await say('/deploy production', good, {inputs})
      expect([told.code, told.violations, [...told.pull.reactions]]).toEqual([0, [], ['rocket']])
      expect(reply(told)).toMatch(/`\/deploy production`: \*\*✓ done\*\* for `4c1f2e9`/)
      expect(reply(told)).toMatch(/✓\u00a0`deploy` \| \*ecs\* APIService 2\/2 on 51ab…/)
      expect(reply(told)).toContain('/acme/streaming/actions/runs/1001')
      expect(reply(told)).not.toContain('plan')
    },
  )
  test.concurrent('of a bad end: a thumb down, and which job it was', async () => {
    const inputs = {mode: 'answer', needs: needs({deploy: {result: 'failure', outputs: {}}})}
    const told = await say('/deploy production', good, {inputs})
    expect([told.code, [...told.pull.reactions]]).toEqual([0, ['-1']])
    expect(reply(told)).toMatch(/✗ not done[\s\S]*✗\u00a0`deploy` \| failure/)
  })
  test.concurrent('a cancelled job is not a good end, and neither is none at all', async () => {
    for (const jobs of [{deploy: {result: 'cancelled'}}, {deploy: {result: 'skipped'}}]) {
      const told = await say('/deploy production', good, {inputs: {mode: 'answer', needs: needs(jobs)}})
      expect([...told.pull.reactions]).toEqual(['-1'])
    }
  })
})
