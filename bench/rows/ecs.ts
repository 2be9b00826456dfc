import {DescribeServicesCommand, DescribeTasksCommand, ECSClient, ListTasksCommand} from '@aws-sdk/client-ecs'
import {labDefinition, labService} from '../../__tests__/support/lab-ecs.ts'
import type {LabService} from '../../__tests__/support/lab-ecs.ts'
import {systemClock} from '../../actions/shared/core/clock.ts'
import {labClient} from '../../lab/index.ts'
import {besides} from '../core/other.ts'
import type {Peer} from '../core/peers.ts'
import type {Bench, Case, Opened, Row, Sample} from '../core/row.ts'
import {ourAction, runStep} from '../core/step.ts'
import type {Cost, Step} from '../core/step.ts'
import {watchCalls} from './ecs-calls.ts'

const PEER = 'aws-actions/amazon-ecs-deploy-task-definition'
const CRASH = ['node', '-e', "console.log('DATABASE_URL is not set'); process.exit(3)"]

/** What an observer beside the action saw of the service, in milliseconds since the epoch. */
interface Seen {
  completedAt: number | undefined
  /** When each task of the new revision was first seen stopped with exit code 3. */
  readonly stops: Map<string, number>
}

/** Looks ten times a second while an action runs. */
async function observed(
  ecs: ECSClient,
  {cluster, service}: LabService,
  run: () => Promise<Cost>,
): Promise<[Cost, Seen]> {
  const before = await primary()
  const seen: Seen = {completedAt: undefined, stops: new Map()}
  const known = new Set(await stopped())
  const stop = new AbortController()
  const look = (async () => {
    while (!stop.signal.aborted) {
      const now = await primary()
      if (now?.id !== before?.id && now?.rolloutState === 'COMPLETED') seen.completedAt ??= Date.now()
      for (const arn of await stopped()) if (!known.has(arn) && !seen.stops.has(arn)) seen.stops.set(arn, Date.now())
      await systemClock.sleep(100)
    }
  })()
  try {
    return [await run(), seen]
  } finally {
    stop.abort()
    await look
  }

  async function primary(): Promise<{id?: string | undefined; rolloutState?: string | undefined} | undefined> {
    const {services} = await ecs.send(new DescribeServicesCommand({cluster, services: [service]}))
    return services?.[0]?.deployments?.find(({status}) => status === 'PRIMARY')
  }
  async function stopped(): Promise<string[]> {
    const {taskArns = []} = await ecs.send(new ListTasksCommand({cluster, desiredStatus: 'STOPPED'}))
    if (taskArns.length === 0) return []
    const {tasks = []} = await ecs.send(new DescribeTasksCommand({cluster, tasks: taskArns.slice(-100)}))
    return tasks.flatMap(({taskArn, containers}) => (containers?.[0]?.exitCode === 3 && taskArn ? [taskArn] : []))
  }
}

function ourDeploy({cluster, service, env}: LabService, inputs: Step['inputs'], ends: Pick<Step, 'exits' | 'says'>) {
  const given = {cluster, service, 'task-definition': 'service', ...inputs}
  return () => runStep(ourAction('ecs-deploy'), {...ends, env, inputs: given, limit: 200})
}

function peerDeploy(
  peer: Peer,
  {cluster, service, family, env}: LabService,
  edit: object,
  ends: Pick<Step, 'exits' | 'says'>,
) {
  const base = labDefinition(family)
  const [container] = base.containerDefinitions ?? []
  const definition = {...base, containerDefinitions: [{...container, ...edit}]}
  const inputs = {
    cluster,
    service,
    'task-definition': 'task.json',
    'wait-for-service-stability': 'true',
    'wait-for-minutes': '3',
  }
  return () => runStep(peer, {...ends, env, inputs, files: {'task.json': JSON.stringify(definition)}, limit: 300})
}

function lag([{wall, endedAt}, {completedAt}]: [Cost, Seen]): Sample {
  if (completedAt === undefined) throw new Error('The observer did not see the deployment complete.')
  return {'until green': wall, 'lag after completed': (endedAt - completedAt) / 1000}
}

function red([{wall, endedAt}, {stops}]: [Cost, Seen]): Sample {
  const second = [...stops.values()][1]
  return {'until red': wall, ...(second !== undefined && {'after the 2nd stop': Math.max(0, endedAt - second) / 1000})}
}

function cases(bench: Bench, ecs: ECSClient, lab: LabService): Case[] {
  let count = 0
  const fresh = (): string => `${String(process.pid)}-${String(++count)}`
  const green = {exits: 0} as const
  const crashed = {exits: 1} as const
  return [
    {
      name: 'a good deploy',
      measures: [
        {name: 'lag after completed', unit: 's', goal: {kind: 'at-most', max: 2}},
        {name: 'until green', unit: 's', goal: {kind: 'ratio', max: 0.6}},
      ],
      ours: async () =>
        lag(await observed(ecs, lab, ourDeploy(lab, {'environment-variables': `RUN=${fresh()}`}, green))),
      other: besides(bench, PEER, (peer) => async () => {
        const environment = [{name: 'RUN', value: fresh()}]
        return lag(await observed(ecs, lab, peerDeploy(peer, lab, {environment}, green)))
      }),
    },
    {
      name: 'a container that exits 3, circuit breaker with rollback',
      measures: [
        {name: 'after the 2nd stop', unit: 's', goal: {kind: 'at-most', max: 10}},
        {name: 'until red', unit: 's', goal: {kind: 'ratio', max: 0.6}},
      ],
      ours: async () =>
        red(
          await observed(
            ecs,
            lab,
            ourDeploy(lab, {command: JSON.stringify(CRASH)}, {...crashed, says: /exits with code 3/}),
          ),
        ),
      other: besides(
        bench,
        PEER,
        (peer) => async () => red(await observed(ecs, lab, peerDeploy(peer, lab, {command: CRASH}, crashed))),
      ),
      note: 'ours is red after the service is back on what ran before.',
    },
  ]
}

/** How soon the truth about an ECS deployment is told. */
export const ecsDeploy: Row = {
  name: 'ecs-deploy',
  title: 'ECS deploy',
  how: 'A service of one task in the lab (real containers), watched ten times a second by an observer beside the action; calls per minute against a scripted ECS whose deployment does not end.',
  needsLab: true,
  long: true,
  open: async (bench): Promise<Opened> => {
    const lab = await labService('bench-ecs')
    return {
      cases: [...cases(bench, new ECSClient(labClient(bench.lab())), lab), ...watchCalls(bench)],
      close: lab.remove,
    }
  },
}
