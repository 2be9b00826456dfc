import {join} from 'node:path'
import {Failure} from '../../core/diagnosis.ts'
import {InputError} from '../../core/errors.ts'
import {lastWords} from '../../core/exec.ts'
import {privateFolder, takeAway} from '../../core/files.ts'
import {alternatives} from '../../core/inputs.ts'
import type {World} from '../../core/world.ts'
import {makeKubeApi} from './kube-api.ts'
import type {KubeApi} from './kube-api.ts'

/** Under which name the post step finds the folder of the proxy's socket. */
export const PROXY_STATE = 'proxy-folder'

// Where kubectl goes when nothing tells it where to: https://kubernetes.io/docs/concepts/configuration/organize-cluster-access-kubeconfig/
const NO_KUBECONFIG = /(?:localhost|127\.0\.0\.1|\[::1\]):8080/
const NO_CONTEXT = /cannot locate context|context .* does not exist/

/** Which cluster is spoken to, as kubectl is told. Everything else comes from the user's own kubeconfig. */
export interface Target {
  /** A kubectl binary: a name on PATH or an absolute path. */
  readonly kubectl: string
  readonly kubeconfig?: string
  readonly context?: string
}

/** A way to a cluster's API that is open until it is closed. */
export interface Connection {
  readonly api: KubeApi
  /** The namespace of the context; `default` when it names none. */
  readonly namespace: string
  /** Ends the proxy and removes its socket. */
  close(): Promise<void>
}

/**
 * Opens a way to the cluster through one `kubectl proxy` on a private unix socket: whatever kubectl can log in with
 * (certificates, exec plugins, SSO) works, and is refreshed by kubectl during long waits.
 * @throws {Failure} when kubectl cannot start the proxy (no such context, unreadable kubeconfig)
 */
export async function connect(world: World, target: Target): Promise<Connection> {
  const namespace = await contextNamespace(world, target)
  const folder = await privateFolder(world.env, 'kube')
  world.outputs.saveState(PROXY_STATE, folder)
  const socket = join(folder, 'api')
  const stop = new AbortController()
  const proxy = startProxy(world, target, socket, stop.signal)
  const close = async (): Promise<void> => {
    stop.abort()
    await proxy.ended
    await takeAway(world.log, 'The way to the cluster', folder)
  }
  try {
    await proxy.ready
  } catch (error) {
    await close()
    throw error
  }
  const api = makeKubeApi(socket, world.clock)
  return {
    api,
    namespace,
    close: async () => {
      api.close()
      await close()
    },
  }
}

/** The arguments that name the cluster, for every call of kubectl. */
export function targetArguments({kubeconfig, context}: Target): string[] {
  return [
    ...(kubeconfig === undefined ? [] : [`--kubeconfig=${kubeconfig}`]),
    ...(context === undefined ? [] : [`--context=${context}`]),
  ]
}

function startProxy(
  world: World,
  target: Target,
  socket: string,
  stop: AbortSignal,
): {ready: Promise<void>; ended: Promise<void>} {
  const serving = Promise.withResolvers<undefined>()
  const argv = [...targetArguments(target), 'proxy', `--unix-socket=${socket}`, '--keepalive=30s']
  const run = world.processes.live(target.kubectl, argv, {
    cancel: stop,
    keep: 64 * 1024,
    onLine: (line) => {
      if (line.startsWith('Starting to serve')) serving.resolve(undefined)
    },
  })
  const ended = run.then(
    (finished) => {
      serving.reject(notConnected(lastWords('kubectl', finished)))
    },
    (error: unknown) => {
      serving.reject(error)
    },
  )
  return {ready: serving.promise, ended}
}

async function contextNamespace(world: World, target: Target): Promise<string> {
  const argv = [...targetArguments(target), 'config', 'view', '--minify', '-o', 'jsonpath={..namespace}']
  const finished = await world.processes.call(target.kubectl, argv)
  if (target.context !== undefined && NO_CONTEXT.test(finished.stderr)) throw await noContext(world, target)
  // Inside a pod there is no kubeconfig at all, and kubectl still works.
  if (finished.code !== 0 && !/current-context must exist/.test(finished.stderr)) {
    throw notConnected(lastWords('kubectl', finished))
  }
  return finished.code === 0 && finished.stdout.trim() !== '' ? finished.stdout.trim() : 'default'
}

async function noContext(world: World, {kubectl, kubeconfig, context = ''}: Target): Promise<InputError> {
  const argv = [...targetArguments({kubectl, ...(kubeconfig !== undefined && {kubeconfig})}), 'config', 'get-contexts']
  const {stdout} = await world.processes.call(kubectl, [...argv, '-o', 'name'])
  const known = stdout.split('\n').filter((name) => name !== '')
  const hint = known.length === 0 ? 'it has none' : `use ${alternatives(known.slice(0, 5))}`
  return new InputError(`Input "context" is "${context}", which the kubeconfig does not have: ${hint}.`)
}

/** The failure of a cluster that cannot be reached. @param cause what kubectl or the way to the server said */
export function notConnected(cause: string): Failure {
  if (NO_KUBECONFIG.test(cause)) {
    return new Failure({
      reason: 'unreachable',
      subject: 'Kubernetes cluster',
      cause: 'no kubeconfig names one, so kubectl asked localhost:8080, where nothing answers',
      advice:
        'give "cluster-name" for an EKS cluster, or "kubeconfig": a path, or the text of a secret; nothing was changed',
    })
  }
  return new Failure({
    reason: 'unreachable',
    subject: 'Kubernetes cluster',
    cause: `it cannot be reached: ${cause.replace(/^error:\s*/i, '')}`,
    advice: 'check "kubeconfig" and "context", or give "cluster-name" for an EKS cluster; nothing was changed',
  })
}
