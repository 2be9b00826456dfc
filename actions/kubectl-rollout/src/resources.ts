import {alternatives} from '../../shared/core/inputs.ts'
import {InputError} from '../../shared/core/errors.ts'
import type {Resource} from '../../shared/kubernetes/api/discovery.ts'
import {receiptSchema} from '../../shared/report/receipt.ts'

/** A workload that the user named. */
export interface Named {
  readonly resource: Resource
  readonly name: string
}

const apps = (kind: string, plural: string): Resource => ({apiVersion: 'apps/v1', kind, plural, namespaced: true})

const DEPLOYMENT = apps('Deployment', 'deployments')
const STATEFUL_SET = apps('StatefulSet', 'statefulsets')
const DAEMON_SET = apps('DaemonSet', 'daemonsets')

/** The names that kubectl takes for a kind too. */
const KINDS: Readonly<Record<string, Resource>> = {
  deployment: DEPLOYMENT,
  deployments: DEPLOYMENT,
  deploy: DEPLOYMENT,
  statefulset: STATEFUL_SET,
  statefulsets: STATEFUL_SET,
  sts: STATEFUL_SET,
  daemonset: DAEMON_SET,
  daemonsets: DAEMON_SET,
  ds: DAEMON_SET,
}

/** Reads `kind/name` values. @throws {InputError} for anything else */
export function parseResources(values: readonly string[]): Named[] {
  return values.map((value) => {
    const [kind = '', name = '', ...more] = value.split('/')
    const resource = KINDS[kind.toLowerCase()]
    if (resource === undefined || name === '' || more.length > 0) {
      const kinds = alternatives(['deployment', 'statefulset', 'daemonset'])
      throw new InputError(`Input "resources" has "${value}": write kind/name, where kind is ${kinds}.`)
    }
    return {resource, name}
  })
}

/** A workload and the revision it had before a run. */
export interface Former extends Named {
  /** Undefined: that of the run. */
  readonly namespace: string | undefined
  /** A Deployment's number; else the name of a ControllerRevision. */
  readonly revision: number | string
}

const FORMER = /^(?:([^/@]+)\/)?([A-Za-z]+)\/([^/@]+)@(.+)$/

/**
 * The workloads that were there before the rollout that a receipt tells of.
 * @throws {InputError} when it is not a receipt of this action
 */
export function workloadsInReceipt(text: string): Former[] {
  const parsed = receiptSchema.safeParse(parse(text))
  const before = parsed.success && parsed.data.stage === 'kubernetes' ? parsed.data.before['resources'] : undefined
  if (!Array.isArray(before)) {
    throw new InputError('Input "receipt" is not a receipt of kubectl-rollout: give the output "receipt" of its run.')
  }
  const former = before.flatMap((one): Former[] => {
    const [, namespace, kind = '', name = '', revision = ''] = FORMER.exec(one) ?? []
    const resource = KINDS[kind.toLowerCase()]
    return resource === undefined
      ? []
      : [{resource, namespace, name, revision: /^\d+$/.test(revision) ? Number(revision) : revision}]
  })
  if (former.length === 0) {
    throw new InputError('Input "receipt" tells of no workload that was there before: there is nothing to go back to.')
  }
  return former
}

function parse(text: string): unknown {
  try {
    return JSON.parse(text) as unknown
  } catch {
    return undefined
  }
}
