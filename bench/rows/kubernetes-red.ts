import {systemClock} from '../../actions/shared/core/clock.ts'
import {deployment, manifest} from '../core/kube-shapes.ts'
import type {Room, Shape} from '../core/kube-shapes.ts'
import {followTool, labTool} from '../core/lab-room.ts'
import type {Case, Sample} from '../core/row.ts'
import type {Cost} from '../core/step.ts'
import {bare, LIMIT, ours, PATIENCE} from './kubernetes-steps.ts'

/** Where the trouble is seen first, and the fields that tell of it. */
const SIGNS = {
  pods: '{.metadata.labels.app} {.status.conditions[*].reason} {.status.containerStatuses[*].state.waiting.reason} {.status.containerStatuses[*].state.terminated.reason} {.status.containerStatuses[*].lastState.terminated.reason}{"\\n"}',
  replicasets: '{.metadata.labels.app} {.status.conditions[*].reason}{"\\n"}',
} as const

/** Runs it, and tells how long after the cluster's first word of the trouble it ended, as seen through a watch beside it. */
async function afterVerdict(
  {lab, namespace}: Room,
  app: string,
  {sign, of = 'pods'}: Pick<Trouble, 'sign' | 'of'>,
  run: () => Promise<Cost>,
): Promise<Sample> {
  let first: number | undefined
  const argv = ['kubectl', '-n', namespace, 'get', of, '--watch-only', '-o', `jsonpath=${SIGNS[of]}`]
  const watch = followTool(lab, argv, (line, at) => {
    if (line.startsWith(`${app} `) && sign.test(line)) first ??= at
  })
  try {
    await systemClock.sleep(1000)
    const {wall, endedAt} = await run()
    await systemClock.sleep(500)
    if (first === undefined) throw new Error(`The watch saw no ${String(sign)} of ${app}.`)
    return {'until red': wall, 'after the verdict': Math.max(0, endedAt - first) / 1000}
  } finally {
    watch.stop()
  }
}

interface Trouble {
  readonly name: string
  readonly shape: Omit<Shape, 'name' | 'run'>
  readonly says: RegExp
  /** What the kubelet, the scheduler or the controller says of it. */
  readonly sign: RegExp
  /** Whose status says so; pods when left out. */
  readonly of?: keyof typeof SIGNS
  /** The input, in seconds. */
  readonly grace?: number
  /** Seconds from there to red. */
  readonly max: number
}

function failing(room: Room, {name, shape, says, grace, max, ...seen}: Trouble): Case {
  const app = name.toLowerCase().replaceAll(' ', '-')
  const text = (): string => manifest([deployment(room, {name: app, run: room.fresh(), ...shape})])
  // The pods of the run before would speak for this one.
  const fresh = (run: () => Promise<Cost>): Promise<Sample> => {
    labTool(room.lab, 'kubectl', [
      '-n',
      room.namespace,
      'delete',
      'deployment',
      app,
      '--ignore-not-found',
      '--cascade=foreground',
    ])
    return afterVerdict(room, app, seen, run)
  }
  return {
    name: `${name}, until red`,
    measures: [
      {name: 'after the verdict', unit: 's', goal: {kind: 'at-most', max}},
      {name: 'until red', unit: 's'},
    ],
    ours: () => fresh(() => ours(room, text(), {exits: 1, says}, grace)),
    other: {
      name: `kubectl rollout status --timeout=${String(LIMIT)}s`,
      run: () => fresh(() => bare(room, text(), [app], 1)),
    },
    note: `the other side can only wait for its limit, which is ${String(LIMIT)} s here.`,
  }
}

const reason = (slug: string): RegExp => new RegExp(`failure-reason<<\\S+\\s+${slug}\\s`)

/** What must end red, and how soon. @param tight the room of a quota that lets no pod of these in */
export function troubles(room: Room, tight: Room): Case[] {
  return [
    failing(room, {
      name: 'a tag that does not exist',
      shape: {tag: 'v9'},
      says: reason('image-not-found'),
      sign: /ErrImagePull|ImagePullBackOff/,
      max: 3,
    }),
    failing(room, {
      name: 'a crash right after start',
      shape: {program: 'echo DATABASE_URL is not set; exit 3', probe: 'never'},
      says: reason('container-exited'),
      sign: / Error|CrashLoopBackOff/,
      max: PATIENCE + 3,
    }),
    failing(room, {
      name: 'more CPU than any node has',
      shape: {requests: {cpu: '1000'}},
      says: reason('unschedulable'),
      sign: /Unschedulable/,
      grace: PATIENCE / 4,
      max: PATIENCE + 3,
    }),
    failing(tight, {
      name: 'more than the quota leaves',
      shape: {requests: {cpu: '200m'}},
      says: reason('quota'),
      sign: /FailedCreate/,
      of: 'replicasets',
      grace: PATIENCE / 2,
      max: PATIENCE + 3,
    }),
  ]
}
