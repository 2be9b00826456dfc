import type {History} from '../../support/scripted-ecs-state.ts'
import {MACHINE_LATER} from '../core/cells.ts'
import type {Room, Standing, Subject} from '../core/model.ts'
import {ecsBehindProxy} from './aws-room.ts'

const RUNS_MS = 4000
const CRY = 'relation "users" does not exist'

const history = (exit: number, last: string): History => ({
  frames: [
    {at: 0, tasks: [{id: 't1aa', status: 'RUNNING'}]},
    {at: RUNS_MS / 1000, tasks: [{id: 't1aa', status: 'STOPPED', exit}]},
  ],
  logs: {'api/t1aa': ['migrating', last]},
})
const HISTORIES = {migration: history(0, 'done'), crash: history(1, CRY)} as const
type Situation = keyof typeof HISTORIES

async function room(situation: Situation): Promise<Room> {
  const {ecs, proxy, secret, env, close} = await ecsBehindProxy(HISTORIES[situation])
  const runs = (): readonly Readonly<Record<string, unknown>>[] => ecs.inputsOf('RunTask')
  const standing = (): Standing => {
    const started = ecs.calls.findLast(({operation}) => operation === 'RunTask')?.at
    if (started === undefined || ecs.inputsOf('StopTask').length > 0) return 'before'
    if (Date.now() - started <= RUNS_MS) return 'between'
    // A migration that failed takes back what it did, as those of databases do.
    return situation === 'migration' ? 'wanted' : 'before'
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
    causes: () => (situation === 'crash' ? ['exits with code 1', CRY] : []),
    // The stopped task of the run before is no matter of the next one.
    again: () => {
      ecs.forget()
      return {inputs: {cluster: 'StreamingCluster', 'from-service': 'APIService', command: 'node src/migrate.js'}, env}
    },
    close,
  }
}

const subject = (situation: Situation): Subject => ({
  action: 'ecs-run-task',
  situation,
  post: true,
  writes: [],
  reachable: situation === 'migration',
  settles: 'killed',
  limitMs: 200_000,
  leftOut: situation === 'migration' ? [] : [{...MACHINE_LATER, phase: /^(?:preflight|start)/}],
  phases: [
    {name: 'preflight', request: ({name}) => name === 'DescribeServices'},
    {name: 'start', request: ({name}) => name === 'RunTask'},
    {name: 'follow', request: ({name}) => name === 'DescribeTasks'},
    {name: 'log', request: ({name}) => name === 'GetLogEvents'},
  ],
  room: () => room(situation),
})

/** A migration that takes four seconds, and one that fails after them. */
export const ECS_RUN_TASK: readonly Subject[] = [subject('migration'), subject('crash')]
