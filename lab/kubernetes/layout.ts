import {join} from 'node:path'
import type {LabPaths} from '../core/paths.ts'

/** The version all Kubernetes programs are built in. */
export const KUBERNETES = 'v1.34.2'
/** Name of the lab's only node. */
export const NODE_NAME = 'slipway-lab'
/** Name under which the pause image is imported; it is never pulled. */
export const PAUSE_IMAGE = 'slipway.lab/pause:1'

/** Folders and files of the cluster, all below the running lab's folder. */
export interface Layout {
  readonly home: string
  readonly pki: string
  readonly config: string
  readonly containerdSocket: string
  readonly kubeconfig: string
}

/** Where the cluster keeps its things. */
export function layout(paths: LabPaths): Layout {
  const home = join(paths.run, 'kubernetes')
  return {
    home,
    pki: join(home, 'pki'),
    config: join(home, 'config'),
    containerdSocket: join(home, 'containerd.sock'),
    kubeconfig: join(home, 'kubeconfig'),
  }
}

/** The addresses of one cluster: all of them in one /16 that nothing else on the machine routes to. */
export interface Network {
  /** This machine's end of the cable to the node. */
  readonly host: string
  /** The node's end; the API server and every NodePort answer there. */
  readonly node: string
  readonly pods: string
  readonly podGateway: string
  readonly services: string
  readonly dns: string
}

/** The cluster's addresses within `<first>.<second>.0.0/16`. */
export function networkIn(prefix: string): Network {
  return {
    host: `${prefix}.0.1`,
    node: `${prefix}.0.2`,
    pods: `${prefix}.16.0/20`,
    podGateway: `${prefix}.16.1`,
    services: `${prefix}.32.0/20`,
    dns: `${prefix}.32.10`,
  }
}

const PREFIXES = ['10.213', '10.214', '10.113', '10.91', '172.29', '172.30']

/** The first prefix that no route of the machine overlaps. @throws Error when all of them are in use. */
export function freePrefix(routes: readonly string[]): string {
  const free = PREFIXES.find((prefix) => !routes.some((route) => overlaps(route, prefix)))
  if (free) return free
  throw new Error(
    `None of the networks ${PREFIXES.map((prefix) => `${prefix}.0.0/16`).join(', ')} is free on this machine.`,
  )
}

const toNumber = (address: string): number => address.split('.').reduce((sum, part) => sum * 256 + Number(part), 0)

/** Whether a route's destination (`default`, an address or a CIDR) shares addresses with the /16; `default` never does. */
function overlaps(route: string, prefix: string): boolean {
  const [address = '', length = '32'] = route.split('/')
  if (!/^\d+(\.\d+){3}$/.test(address)) return false
  const shorter = Math.min(Number(length), 16)
  const block = 2 ** (32 - shorter)
  return Math.floor(toNumber(address) / block) === Math.floor(toNumber(`${prefix}.0.0`) / block)
}
