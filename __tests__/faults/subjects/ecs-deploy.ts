import type {ScriptedEcs} from '../../support/scripted-ecs.ts'
import type {History} from '../../support/scripted-ecs-state.ts'
import {MACHINE_LATER} from '../core/cells.ts'
import type {Room, Standing, Subject} from '../core/model.ts'
import type {Passing} from '../core/proxy.ts'
import {ecsBehindProxy} from './aws-room.ts'

const IMAGE = `111122223333.dkr.ecr.eu-central-1.amazonaws.com/streaming-api@sha256:${'51ab'.repeat(16)}`
const SETTLED = [
  {at: 0, ours: {pending: 2}, old: {running: 2}},
  {at: 1, ours: {running: 2, pending: 0, rollout: 'COMPLETED'}, old: {gone: true}},
]
const UNDO = [
  {at: 0, primary: 'old', ours: {gone: true}, old: {running: 1, rollout: 'IN_PROGRESS', gone: false}},
  {at: 1, old: {running: 2, rollout: 'COMPLETED'}},
] as const
const stopped = (id: string): object => ({id, status: 'STOPPED', exit: 3})

const HISTORIES: Readonly<Record<'good' | 'crash', History>> = {
  good: {frames: SETTLED, undo: UNDO},
  crash: {
    frames: [
      {at: 0, ours: {pending: 2}, old: {running: 2}},
      {at: 0.5, ours: {failed: 2}, tasks: [stopped('t1aa'), stopped('t2bb')] as never},
    ],
    undo: UNDO,
    logs: {'api/t2bb': ['DATABASE_URL is not set'], 'api/t1aa': ['x']},
  },
}

async function room(history: History): Promise<Room> {
  const {ecs, proxy, secret, env, close} = await ecsBehindProxy(history)
  return {
    proxies: [proxy],
    dialect: 'aws',
    secrets: [secret, 'postgres://secret'],
    handedOn: /task-definition\.json$/,
    call: {
      inputs: {
        cluster: 'StreamingCluster',
        service: 'APIService',
        'task-definition': 'service',
        image: IMAGE,
        'wait-for-minutes': '1',
      },
      env,
    },
    standing: () => standing(ecs),
    changes: () => Math.max(revisions(ecs), deployments(ecs)),
    left: () => [],
    close,
  }
}

function revisions(ecs: ScriptedEcs): number {
  return ecs.inputsOf('RegisterTaskDefinition').length
}

// ECS takes the same update twice for one; a second one counts when it would start tasks anew.
function deployments(ecs: ScriptedEcs): number {
  const asked = ecs.inputsOf('UpdateService').filter(({taskDefinition}) => !String(taskDefinition).endsWith(':41'))
  const forced = asked.filter(({forceNewDeployment}) => forceNewDeployment === true).length
  return Math.max(new Set(asked.map(({taskDefinition}) => taskDefinition)).size, forced)
}

interface Deployment {
  readonly status: string
  readonly taskDefinition: string
  readonly rolloutState?: string
}

async function standing(ecs: ScriptedEcs): Promise<Standing> {
  const answer = await fetch(ecs.endpoint, {
    method: 'POST',
    headers: {'x-amz-target': 'AmazonEC2ContainerServiceV20141113.DescribeServices'},
    body: JSON.stringify({cluster: 'StreamingCluster', services: ['APIService']}),
  })
  const {services} = (await answer.json()) as {services: [{deployments: Deployment[]}]}
  const primary = services[0].deployments.find(({status}) => status === 'PRIMARY')
  if (primary?.rolloutState !== 'COMPLETED' || services[0].deployments.length > 1) return 'between'
  return primary.taskDefinition.endsWith(':41') ? 'before' : 'wanted'
}

const subject = (situation: keyof typeof HISTORIES): Subject => ({
  action: 'ecs-deploy',
  situation,
  post: true,
  writes: ['temp'],
  reachable: situation === 'good',
  settles: 'killed',
  limitMs: 300_000,
  leftOut: situation === 'good' ? [] : [{...MACHINE_LATER, phase: /^(?:preflight|register|update)/}],
  phases: [
    {name: 'preflight', request: ({name}) => name === 'DescribeServices'},
    {name: 'register', request: ({name}) => name === 'RegisterTaskDefinition'},
    {name: 'update', request: ({name}) => name === 'UpdateService'},
    {name: 'wait', request: (request) => request.name === 'DescribeServices' && request.follows('UpdateService')},
    ...(situation === 'crash'
      ? [{name: 'going back', request: ({name, count}: Passing) => name === 'UpdateService' && count === 2}]
      : []),
  ],
  room: () => room(HISTORIES[situation]),
})

/** A deploy that comes up, and one whose tasks crash. */
export const ECS_DEPLOY: readonly Subject[] = [subject('good'), subject('crash')]
