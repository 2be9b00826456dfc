import type {LabEnvironment} from '../../lab/index.ts'

const IDLE = 'sleep 600'
/**
 * What is asked whether a container is ready: one that always is, and one that never gets there. A program that is run for
 * each answer takes the whole processor where there are fifty; the kubelet's own port costs nothing and is always open.
 */
const PROBES = {
  ready: {tcpSocket: {host: '127.0.0.1', port: 10250}, periodSeconds: 5},
  never: {exec: {command: ['test', '-f', '/tmp/ready']}, periodSeconds: 1},
} as const

/** Where the bench rolls out. */
export interface Room {
  readonly lab: LabEnvironment
  readonly namespace: string
  /** Without a tag. */
  readonly image: string
  readonly fresh: () => string
}

/** What a workload is made like. */
export interface Shape {
  readonly name: string
  readonly run: string
  readonly program?: string
  readonly tag?: string
  /** Its readiness probe; without one a container that has started once counts as available. */
  readonly probe?: keyof typeof PROBES
  /** What the container asks of its node: `{cpu: '100'}`. */
  readonly requests?: Readonly<Record<string, string>>
}

/** A Deployment of one pod. */
export function deployment(
  {image, namespace}: Room,
  {name, run, program = IDLE, tag = 'v1', probe, requests}: Shape,
): object {
  const container = {
    name: 'api',
    image: `${image}:${tag}`,
    command: ['sh', '-c', `${program} # ${run}`],
    ...(probe && {readinessProbe: PROBES[probe]}),
    ...(requests && {resources: {requests}}),
  }
  const labels = {app: name}
  const template = {metadata: {labels}, spec: {terminationGracePeriodSeconds: 0, containers: [container]}}
  return {
    apiVersion: 'apps/v1',
    kind: 'Deployment',
    metadata: {name, namespace},
    spec: {replicas: 1, selector: {matchLabels: labels}, template},
  }
}

/** Objects as one manifest. */
export const manifest = (items: readonly object[]): string => JSON.stringify({apiVersion: 'v1', kind: 'List', items})
