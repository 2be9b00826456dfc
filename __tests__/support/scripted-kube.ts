import {chmodSync, mkdtempSync, rmSync, writeFileSync} from 'node:fs'
import {createServer} from 'node:http'
import type {IncomingMessage, ServerResponse} from 'node:http'
import {tmpdir} from 'node:os'
import {join} from 'node:path'

/** An object of the scripted cluster; tests build and read them freely. */
export interface Thing {
  apiVersion: string
  kind: string
  metadata: Record<string, unknown> & {name: string; namespace?: string; uid?: string; resourceVersion?: string}
  [key: string]: unknown
}

/** A call that reached the scripted API server. */
export interface KubeCall {
  readonly method: string
  readonly path: string
  readonly query: URLSearchParams
  readonly body: unknown
}

/** What a test lets happen instead of the usual answer. */
export type Fault = 'reset' | 'silence' | {readonly status: number; readonly body: unknown}

/** An API server on a unix socket, and a kubectl that leads to it. */
export interface ScriptedKube {
  /** A folder with the fake kubectl, to be put first on PATH. */
  readonly bin: string
  /** The socket, for tests that talk to it without kubectl. */
  readonly socket: string
  readonly calls: readonly KubeCall[]
  /** All objects now. */
  things(): readonly Thing[]
  /** Stores an object and tells all watches. */
  put(thing: Thing): Thing
  remove(thing: Thing): void
  /** Ends all watches: `reset` breaks their connections, a line is sent before an ordinary end. */
  endWatches(how: 'reset' | {readonly line: unknown}): void
  close(): Promise<void>
}

/** How the scripted cluster behaves. */
export interface Script {
  /** Called after an object was applied, to play the controllers. */
  readonly onApply?: (thing: Thing, kube: ScriptedKube) => void
  /** Asked before every call. */
  readonly fault?: (call: KubeCall, kube: ScriptedKube) => Fault | undefined
  /** The minor version of kubectl; that of the server is 34. */
  readonly kubectlMinor?: string
  /** Answers of pod logs. */
  readonly log?: (call: KubeCall) => string
}

const RESOURCES: Readonly<Record<string, readonly (readonly [string, string, boolean])[]>> = {
  '/api/v1': [
    ['pods', 'Pod', true],
    ['events', 'Event', true],
    ['configmaps', 'ConfigMap', true],
    ['secrets', 'Secret', true],
    ['services', 'Service', true],
    ['namespaces', 'Namespace', false],
  ],
  '/apis/apps/v1': [
    ['deployments', 'Deployment', true],
    ['replicasets', 'ReplicaSet', true],
    ['statefulsets', 'StatefulSet', true],
    ['daemonsets', 'DaemonSet', true],
    ['controllerrevisions', 'ControllerRevision', true],
  ],
  '/apis/autoscaling/v2': [['horizontalpodautoscalers', 'HorizontalPodAutoscaler', true]],
}

interface Happened {
  readonly type: string
  readonly object: Thing
}

interface Watch {
  readonly collection: string
  readonly response: ServerResponse
}

/** Starts a scripted cluster with one namespace, `default`. */
export async function scriptedKube(script: Script = {}): Promise<ScriptedKube> {
  const folder = mkdtempSync(join(tmpdir(), 'scripted-kube-'))
  const cluster = new Cluster(folder, script)
  cluster.put({apiVersion: 'v1', kind: 'Namespace', metadata: {name: 'default'}})
  await cluster.listen()
  return cluster
}

class Cluster implements ScriptedKube {
  readonly bin: string
  readonly socket: string
  readonly calls: KubeCall[] = []
  readonly #script: Script
  readonly #store = new Map<string, Thing>()
  readonly #watches = new Set<Watch>()
  readonly #happened: Happened[] = []
  readonly #server = createServer((request, response) => {
    void this.#answer(request, response)
  })
  #version = 100

  constructor(folder: string, script: Script) {
    this.bin = folder
    this.socket = join(folder, 'scripted')
    this.#script = script
    writeFileSync(join(folder, 'kubectl'), fakeKubectl(folder, this.socket, script.kubectlMinor ?? '34'))
    chmodSync(join(folder, 'kubectl'), 0o755)
  }

  async listen(): Promise<void> {
    await new Promise<void>((resolve) => this.#server.listen(this.socket, resolve))
  }

  things(): readonly Thing[] {
    return [...this.#store.values()]
  }

  put(thing: Thing): Thing {
    const path = pathOf(thing)
    const known = this.#store.get(path)
    const version = String(++this.#version)
    const metadata = {uid: known?.metadata.uid ?? `uid-${version}`, ...thing.metadata, resourceVersion: version}
    const stored = {...thing, metadata}
    this.#store.set(path, stored)
    this.#tell(known === undefined ? 'ADDED' : 'MODIFIED', stored)
    return stored
  }

  remove(thing: Thing): void {
    this.#store.delete(pathOf(thing))
    this.#tell('DELETED', {...thing, metadata: {...thing.metadata, resourceVersion: String(++this.#version)}})
  }

  endWatches(how: 'reset' | {readonly line: unknown}): void {
    for (const watch of this.#watches) {
      if (how === 'reset') watch.response.destroy()
      else watch.response.end(`${JSON.stringify(how.line)}\n`)
    }
    this.#watches.clear()
  }

  async close(): Promise<void> {
    this.#server.closeAllConnections()
    await new Promise((resolve) => this.#server.close(resolve))
    rmSync(this.bin, {recursive: true, force: true})
  }

  #tell(type: string, object: Thing): void {
    this.#happened.push({type, object})
    for (const {collection, response} of this.#watches) {
      if (pathOf(object).startsWith(`${collection}/`)) response.write(`${JSON.stringify({type, object})}\n`)
    }
  }

  async #answer(request: IncomingMessage, response: ServerResponse): Promise<void> {
    const url = new URL(request.url ?? '/', 'http://localhost')
    const parts: Buffer[] = []
    for await (const part of request) parts.push(part as Buffer)
    const text = Buffer.concat(parts).toString()
    const body: unknown = text === '' ? undefined : JSON.parse(text)
    const call = {method: request.method ?? '', path: url.pathname, query: url.searchParams, body}
    this.calls.push(call)
    const fault = this.#script.fault?.(call, this)
    // Nothing comes back and nothing breaks, as on a connection whose other end is gone.
    if (fault === 'silence') return
    if (fault === 'reset') request.socket.destroy()
    else if (fault !== undefined) send(response, fault.status, fault.body)
    else this.#serve(call, response)
  }

  #serve(call: KubeCall, response: ServerResponse): void {
    const {method, path, query} = call
    const about = discovery(path)
    if (about !== undefined) send(response, ...about)
    else if (path.endsWith('/selfsubjectaccessreviews')) send(response, 201, {status: {allowed: true}})
    else if (path.endsWith('/log')) response.end(this.#script.log?.(call) ?? '')
    else if (method === 'PATCH') this.#patch(call, response)
    else if (method === 'POST') send(response, 201, this.put(call.body as Thing))
    else if (method === 'DELETE') this.#delete(path, response)
    else if (query.get('watch') === 'true') this.#watch(call, response)
    else this.#read(path, query.get('labelSelector'), response)
  }

  #delete(path: string, response: ServerResponse): void {
    const known = this.#store.get(path)
    if (known !== undefined) this.remove(known)
    send(response, 200, {})
  }

  #watch({path: collection, query}: KubeCall, response: ServerResponse): void {
    const watch = {collection, response}
    this.#watches.add(watch)
    response.on('close', () => this.#watches.delete(watch))
    response.writeHead(200, {'content-type': 'application/json'})
    response.flushHeaders()
    // What happened since the list was read comes first, as from a real server.
    const since = Number(query.get('resourceVersion') ?? this.#version)
    for (const {type, object} of this.#happened) {
      const missed = Number(object.metadata.resourceVersion) > since && pathOf(object).startsWith(`${collection}/`)
      if (missed) response.write(`${JSON.stringify({type, object})}\n`)
    }
  }

  #read(path: string, selector: string | null, response: ServerResponse): void {
    const one = this.#store.get(path)
    if (one !== undefined) {
      send(response, 200, one)
      return
    }
    const [kind] = Object.entries(RESOURCES).flatMap(([base, rows]) =>
      rows.filter(([plural]) => path.startsWith(base) && path.endsWith(`/${plural}`)).map((row) => row[1]),
    )
    if (kind === undefined) send(response, 404, status(404, 'NotFound', `${path} not found`))
    else send(response, 200, this.#list(path, kind, selector))
  }

  #list(path: string, kind: string, selector: string | null): unknown {
    const items = this.things().filter((thing) => pathOf(thing).startsWith(`${path}/`) && isSelected(thing, selector))
    const metadata = {resourceVersion: String(this.#version)}
    const apiVersion = path.replace(/^\/apis?\/(.*?)(?:\/namespaces\/.*|\/[^/]*)$/, '$1')
    return {kind: `${kind}List`, apiVersion, metadata, items}
  }

  // Enough of server-side apply for one manager: what it named before and does not name now goes away.
  #patch({path, query, body}: KubeCall, response: ServerResponse): void {
    const known = this.#store.get(path)
    const sent = body as Thing
    const generation = Number(known?.metadata['generation'] ?? 0)
    const changed = JSON.stringify(known?.['spec']) !== JSON.stringify(sent['spec'])
    const metadata = {
      ...known?.metadata,
      ...sent.metadata,
      generation: changed ? generation + 1 : generation,
      managedFields: [{manager: query.get('fieldManager'), operation: 'Apply', fieldsV1: fieldsOf(sent)}],
    }
    const merged = {...known, ...sent, metadata}
    if (query.get('dryRun') !== null) {
      send(response, 200, merged)
      return
    }
    const stored = this.put(merged)
    send(response, 200, stored)
    this.#script.onApply?.(stored, this)
  }
}

// `name=value`, which is all that the action asks for.
function isSelected({metadata}: Thing, selector: string | null): boolean {
  const [label = '', value] = (selector ?? '').split('=')
  return selector === null || (metadata['labels'] as Record<string, string> | undefined)?.[label] === value
}

function fieldsOf(value: unknown): unknown {
  if (typeof value !== 'object' || value === null || Array.isArray(value)) return {}
  const skipped = ['apiVersion', 'kind', 'name', 'namespace']
  const entries = Object.entries(value).filter(([key]) => !skipped.includes(key))
  return Object.fromEntries(entries.map(([key, inner]) => [`f:${key}`, fieldsOf(inner)]))
}

function pathOf({apiVersion, kind, metadata}: Thing): string {
  const base = apiVersion.includes('/') ? `/apis/${apiVersion}` : `/api/${apiVersion}`
  const row = RESOURCES[base]?.find(([, name]) => name === kind)
  if (row === undefined) throw new Error(`The scripted cluster has no ${apiVersion} ${kind}.`)
  const scope = row[2] ? `/namespaces/${metadata.namespace ?? 'default'}` : ''
  return `${base}${scope}/${row[0]}/${metadata.name}`
}

function discovery(path: string): [number, unknown] | undefined {
  if (path === '/version') return [200, {gitVersion: 'v1.34.2', major: '1', minor: '34'}]
  if (path in RESOURCES) return [200, resourceList(path)]
  if (path === '/apis') return [200, groups()]
  return /^\/apis\/[^/]+$/.test(path) ? group(path) : undefined
}

function groups(): unknown {
  const versions = Object.keys(RESOURCES).filter((path) => path.startsWith('/apis/'))
  return {groups: versions.map((path) => ({versions: [{groupVersion: path.replace('/apis/', '')}]}))}
}

function group(path: string): [number, unknown] {
  const versions = Object.keys(RESOURCES)
    .filter((known) => known.startsWith(`${path}/`))
    .map((known) => ({groupVersion: known.replace('/apis/', '')}))
  const [preferredVersion] = versions
  if (preferredVersion === undefined) return [404, status(404, 'NotFound', `${path} not found`)]
  return [200, {kind: 'APIGroup', preferredVersion, versions}]
}

function resourceList(path: string): unknown {
  const rows = RESOURCES[path] ?? []
  return {kind: 'APIResourceList', resources: rows.map(([name, kind, namespaced]) => ({name, kind, namespaced}))}
}

/** The Status object of a refused call. */
export function status(code: number, reason: string, message: string, details: unknown = {}): unknown {
  return {kind: 'Status', apiVersion: 'v1', status: 'Failure', code, reason, message, details}
}

function send(response: ServerResponse, code: number, body: unknown): void {
  response.writeHead(code, {'content-type': 'application/json'}).end(JSON.stringify(body))
}

// Keeps the kubeconfig it was given beside itself; `proxy` only leads to the scripted server; everything else that the action calls is answered as kubectl does.
function fakeKubectl(bin: string, socket: string, minor: string): string {
  return `#!/bin/sh
for word in "$@"; do case "$word" in --kubeconfig=*) cp "\${word#--kubeconfig=}" '${bin}/kubeconfig' ;; esac; done
case "$*" in
  *"config view"*) printf default ;;
  "version --client -o json") echo '{"clientVersion":{"minor":"${minor}","gitVersion":"v1.${minor}.0"}}' ;;
  *proxy*)
    for word in "$@"; do case "$word" in --unix-socket=*) path="\${word#--unix-socket=}" ;; esac; done
    ln -s '${socket}' "$path"
    echo "Starting to serve on $path"
    # Nothing of it may outlive the proxy, or hold its output open.
    sleep 600 > /dev/null 2>&1 & trap "kill $!; exit 0" INT TERM
    wait ;;
  *) echo "error: unknown command $*" >&2; exit 1 ;;
esac
`
}
