import type {History} from '../../support/scripted-ecs-state.ts'
import type {Room, Standing, Subject} from '../core/model.ts'
import {ecsBehindProxy} from './aws-room.ts'

const RUNS_MS = 4000
const HISTORY: History = {
  frames: [
    {at: 0, tasks: [{id: 't1aa', status: 'RUNNING'}]},
    {at: RUNS_MS / 1000, tasks: [{id: 't1aa', status: 'STOPPED', exit: 0}]},
  ],
  logs: {'api/t1aa': ['migrating', 'done']},
}

async function room(): Promise<Room> {
  const {ecs, proxy, secret, env, close} = await ecsBehindProxy(HISTORY)
  const runs = (): readonly Readonly<Record<string, unknown>>[] => ecs.inputsOf('RunTask')
  const standing = (): Standing => {
    const started = ecs.calls.findLast(({operation}) => operation === 'RunTask')?.at
    if (started === undefined || ecs.inputsOf('StopTask').length > 0) return 'before'
    return Date.now() - started > RUNS_MS ? 'wanted' : 'between'
  }
  return {
    proxies: [proxy],
    dialect: 'aws',
    secrets: [secret, 'postgres://secret'],
    call: {
      inputs: {
        cluster: 'StreamingCluster',
        'from-service': 'APIService',
        command: 'node src/migrate.js',
        'wait-for-minutes': '1',
      },
      env,
    },
    standing,
    changes: () => new Set(runs().map(({clientToken}) => clientToken)).size,
    left: () => (standing() === 'between' ? ['a task runs on that nobody waits for'] : []),
    // The stopped task of the run before is no matter of the next one.
    again: () => {
      ecs.forget()
      return {inputs: {cluster: 'StreamingCluster', 'from-service': 'APIService', command: 'node src/migrate.js'}, env}
    },
    close,
  }
}

/** A migration that takes four seconds. */
export const ECS_RUN_TASK: readonly Subject[] = [
  {
    action: 'ecs-run-task',
    situation: 'migration',
    post: true,
    writes: [],
    reachable: true,
    settles: 'killed',
    limitMs: 200_000,
    phases: [
      {name: 'preflight', request: ({name}) => name === 'DescribeServices'},
      {name: 'start', request: ({name}) => name === 'RunTask'},
      {name: 'follow', request: ({name}) => name === 'DescribeTasks'},
      {name: 'log', request: ({name}) => name === 'GetLogEvents'},
    ],
    room,
  },
]
