import type {KubeObject} from '../object.ts'
import {containerSpec, probeTarget} from './pod.ts'
import type {ContainerSpec, Probe} from './pod.ts'

/** Which of its probes a container does not pass. */
export type ProbeKind = 'readiness' | 'liveness' | 'startup'

/**
 * How a probe fails, as in `GET :9999/healthz: nothing listens on port 9999 (connection refused)`, and what to do.
 * @param answer what the kubelet says of it
 */
export function probeTrouble(
  pod: KubeObject,
  container: string,
  kind: ProbeKind,
  answer: string,
): {readonly says: string; readonly mend: string} {
  const spec = containerSpec(pod, container)
  const probe = spec?.[`${kind}Probe`]
  const target = probeTarget(probe)
  const asked = portOf(probe)
  const port = numberOf(asked, spec)
  if (asked !== undefined && port === undefined) {
    const mend = `give the port of the ${kind} probe as a number, or by the name of one of the container's ports${declared(spec)}`
    return {says: `${target}: no port of the container is called "${String(asked)}"`, mend}
  }
  // The kubelet reaches the pod from outside: what listens on localhost only refuses it, too.
  if (port === undefined || !/connection refused/i.test(answer)) {
    return {says: `${target}: ${answer}`, mend: `correct the path or port of the ${kind} probe, or what it asks for`}
  }
  const others = spec?.ports?.some(({containerPort}) => containerPort === port) === true ? '' : declared(spec)
  return {
    says: `${target}: nothing listens on port ${String(port)} (connection refused)`,
    mend: `let the app listen on port ${String(port)} of 0.0.0.0, not of localhost only, or correct the port of the ${kind} probe${others}`,
  }
}

function portOf({httpGet, tcpSocket, grpc}: Probe = {}): number | string | undefined {
  return httpGet?.port ?? tcpSocket?.port ?? grpc?.port
}

function numberOf(port: number | string | undefined, spec: ContainerSpec | undefined): number | undefined {
  if (typeof port !== 'string') return port
  return /^\d+$/.test(port) ? Number(port) : spec?.ports?.find(({name}) => name === port)?.containerPort
}

function declared(spec: ContainerSpec | undefined): string {
  const ports = (spec?.ports ?? []).map(({name, containerPort}) =>
    name === undefined ? String(containerPort) : `${String(containerPort)} "${name}"`,
  )
  return ports.length === 0 ? '' : ` (the container declares ${ports.join(', ')})`
}
