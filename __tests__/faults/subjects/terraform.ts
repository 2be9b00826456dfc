import {spawnAction} from '../../support/spawn-action.ts'
import type {ActionCall} from '../../support/spawn-action.ts'
import type {Phase, Room, RoomWish, Subject} from '../core/model.ts'
import {brokenState, mendByHand, stateStanding, terraformStage, timesMade, toSay} from './terraform-stage.ts'

async function planRoom({noise}: RoomWish): Promise<Room> {
  const stage = await terraformStage(noise)
  const {service, call} = stage
  return {
    proxies: stage.proxies,
    dialect: 'plain',
    secrets: stage.secrets,
    handedOn: /\.(?:tfplan|json|txt)$|plan/,
    call,
    standing: () => (service.artifacts.size > 0 ? 'wanted' : 'before'),
    changes: () => service.artifacts.size,
    left: () => service.violations,
    toSay: () => toSay(stage),
    shown: () => [...service.artifacts.values()].map((zip) => zip.toString('latin1')).join(''),
    again: async () => {
      await mendByHand(stage)
      return {...call, env: {...call.env, GITHUB_RUN_ATTEMPT: '2'}}
    },
    close: stage.close,
  }
}

async function applyRoom({noise}: RoomWish, breaks: boolean): Promise<Room> {
  const stage = await terraformStage(noise, breaks)
  const {service, call} = stage
  const wanted = breaks ? 3 : 2
  const plan = async (attempt: string): Promise<ActionCall> => {
    const run = {...call.env, GITHUB_RUN_ATTEMPT: attempt}
    const planned = await spawnAction('terraform-plan', {...call, env: run})
    if (planned.code !== 0) throw new Error(planned.log)
    return {...call, env: run, inputs: {...call.inputs, 'plan-id': planned.outputs['plan-id'] ?? ''}}
  }
  const planned = await plan('1')
  return {
    proxies: stage.proxies,
    dialect: 'plain',
    secrets: stage.secrets,
    call: planned,
    standing: () => stateStanding(stage, wanted),
    changes: () => timesMade(stage),
    left: () => [...brokenState(stage), ...service.violations],
    toSay: () => toSay(stage),
    again: async () => {
      await mendByHand(stage)
      return await plan('2')
    },
    close: stage.close,
  }
}

const TWIRP = '/twirp/github.actions.results.api.v1.ArtifactService/'
const common = {
  writes: ['temp', 'checkout'],
  reachable: true,
  settles: 'never',
  limitMs: 240_000,
  leftOut: [
    {
      fault: /^half-open/,
      phase: /^(?!fetch|keep|finish)/,
      why: 'terraform waits for a state server of the kind `http` without a limit of its own; the `timeout-minutes` of the job ends it as a cancelled run',
    },
    {
      fault: /^no DNS/,
      phase: /^(?!from the start)/,
      why: 'a plan is bound to the address of its state, so that it cannot change in the middle of the test; that terraform cannot find a name is to the action what "network gone" is',
    },
  ],
} as const

const SWALLOWED_RELEASE = {
  fault: /^wrong JSON$/,
  phase: /^unlock$/,
  rule: /^the log tells the truth: does not say "[-\da-f]{36}"/,
  why: 'a page that answers "200" to the release of the lock has swallowed it, and a backend of the kind `http` is not asked who holds its lock. The next run that wants it says whose it is, and `mode: unlock` frees it',
} as const

const NAMELESS = {
  fault: /for ever$|^network gone$|^expired credentials$/,
  phase: /^(?:write state|unlock)$/,
  rule: /^the log tells the truth: does not say "[-\da-f]{36}"/,
  why: 'terraform does not name the lock that a backend of the kind `http` does not release, and the backend does not answer. The run says that it may be held; the next one that wants it says whose it is',
} as const

const NAMELESS_FROM_THE_START = {
  fault: /^truncated for ever$/,
  phase: /^(?:lock|plan|apply)$/,
  rule: /^the log tells the truth: does not say "[-\da-f]{36}"/,
  why: 'the backend has taken the lock, and no answer of it arrives whole: terraform knows of no lock and names none. The run says that it may be held; the next one that wants it says whose it is',
} as const

const apply = (situation: string, breaks: boolean, more: readonly Phase[]): Subject => ({
  ...common,
  action: 'terraform-apply',
  situation,
  reachable: !breaks,
  leftOut: breaks
    ? [
        ...common.leftOut,
        {
          fault: /./,
          phase: /^(?:fetch|init|lock)/,
          why: 'up to there the run does what it does in the first situation',
        },
      ]
    : common.leftOut,
  limits: [
    {
      fault: /^wrong JSON$/,
      phase: /^write state$/,
      rule: /^what passes by itself fails nothing: red, though/,
      why: 'a page that answers "200" to the state has swallowed it: the fault goes away, and the state with it. The run is red and names what was made',
    },
    SWALLOWED_RELEASE,
    NAMELESS,
    NAMELESS_FROM_THE_START,
  ],
  post: true,
  phases: [
    {name: 'fetch', request: ({name}) => name === `POST ${TWIRP}ListArtifacts`},
    {name: 'init', line: /Initializing the backend/, calls: ['version', 'init']},
    {name: 'lock', request: ({name}) => name === 'LOCK /lock'},
    {name: 'apply', line: /slow/, calls: ['apply']},
    {name: 'write state', request: ({name}) => name === 'POST /state'},
    {name: 'unlock', request: ({name}) => name === 'UNLOCK /lock'},
    ...more,
  ],
  room: (wish) => applyRoom(wish, breaks),
})

/** A plan that is kept as an artifact, the apply of such a plan, and one in which a resource fails after others are made. */
export const TERRAFORM: readonly Subject[] = [
  {
    ...common,
    action: 'terraform-plan',
    situation: 'kept as an artifact',
    limits: [SWALLOWED_RELEASE, NAMELESS, NAMELESS_FROM_THE_START],
    post: true,
    phases: [
      {name: 'init', line: /init/, calls: ['version', 'init']},
      {name: 'read state', request: ({name}) => name === 'GET /state'},
      {name: 'lock', request: ({name}) => name === 'LOCK /lock'},
      {name: 'plan', line: /terraform plan/, calls: ['plan', 'show']},
      {name: 'unlock', request: ({name}) => name === 'UNLOCK /lock'},
      {name: 'keep', request: ({name}) => name === `POST ${TWIRP}CreateArtifact`},
      {name: 'finish', request: ({name}) => name === `POST ${TWIRP}FinalizeArtifact`},
    ],
    room: planRoom,
  },
  apply('reviewed plan', false, [
    {
      name: 'read outputs',
      request: (request) => request.name === 'GET /state' && request.follows('UNLOCK /lock'),
      calls: ['output'],
    },
  ]),
  apply('a resource fails', true, []),
]
