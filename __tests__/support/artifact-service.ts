import {createServer} from 'node:http'
import type {IncomingMessage, ServerResponse} from 'node:http'
import type {AddressInfo} from 'node:net'

/** The artifact service of a workflow run on loopback, as far as the public toolkit speaks to it. */
export interface ArtifactServer {
  /** What the runner puts into a step's environment. */
  readonly env: Readonly<Record<string, string>>
  /** Finished artifacts by name, as zips. */
  readonly artifacts: ReadonlyMap<string, Buffer>
  /** Requests that the real service would have refused. A test asserts that there are none. */
  readonly violations: readonly string[]
  /** Where the storage gives an artifact away, to whoever has the address. */
  signedUrl(name: string): string
  /** The next answers are these statuses, whatever is asked. */
  failNext(...statuses: number[]): void
  close(): Promise<void>
}

const RUN = {workflow_run_backend_id: 'run-backend', workflow_job_run_backend_id: 'job-backend'}
const SERVICE = '/twirp/github.actions.results.api.v1.ArtifactService/'

/** Starts the service. */
export async function startArtifacts(): Promise<ArtifactServer> {
  const [uploaded, artifacts] = [new Map<string, Buffer>(), new Map<string, Buffer>()]
  const violations: string[] = []
  const failures: number[] = []
  let url = ''
  const signedUrl = (name: string): string => `${url}/blob/${name}?sig=s3cr3t%2Bsignature`
  const token = `x.${Buffer.from(JSON.stringify({scp: 'Actions.Example Actions.Results:run-backend:job-backend'})).toString('base64url')}.x`

  const methods: Readonly<Record<string, (name: string, body: Record<string, unknown>) => object>> = {
    CreateArtifact: (name, body) => {
      if (body['version'] !== 4) violations.push(`version ${String(body['version'])}`)
      return {ok: !artifacts.has(name), signed_upload_url: signedUrl(name)}
    },
    FinalizeArtifact: (name, body) => {
      const zip = uploaded.get(name)
      if (zip === undefined || String(zip.length) !== body['size']) violations.push(`size ${String(body['size'])}`)
      if (zip) artifacts.set(name, zip)
      return {ok: zip !== undefined, artifact_id: '1'}
    },
    ListArtifacts: (_name, body) => ({
      artifacts: [...artifacts.keys()].filter((name) => name === body['name_filter']).map((name) => ({...RUN, name})),
    }),
    DeleteArtifact: (name) => ({ok: artifacts.delete(name), artifact_id: '1'}),
    GetSignedArtifactURL: (name) => ({signed_url: signedUrl(name)}),
  }

  const rpc = (incoming: IncomingMessage, response: ServerResponse, content: Buffer): void => {
    const body = JSON.parse(content.toString()) as Record<string, unknown>
    const method = methods[(incoming.url ?? '').slice(SERVICE.length)]
    if (incoming.headers.authorization !== `Bearer ${token}`) violations.push('no token')
    if (body['workflow_run_backend_id'] !== RUN.workflow_run_backend_id) violations.push('no run')
    if (method === undefined) violations.push(`no method ${String(incoming.url)}`)
    response.writeHead(200, {'content-type': 'application/json'})
    response.end(JSON.stringify(method?.(typeof body['name'] === 'string' ? body['name'] : '', body) ?? {}))
  }

  const blob = (incoming: IncomingMessage, response: ServerResponse, content: Buffer): void => {
    const name = /^\/blob\/([^?]+)/.exec(incoming.url ?? '')?.[1] ?? ''
    if (incoming.headers.authorization !== undefined) violations.push('the token was sent to the storage')
    if (incoming.method === 'PUT') {
      if (incoming.headers['x-ms-blob-type'] !== 'BlockBlob') violations.push('no x-ms-blob-type')
      uploaded.set(name, content)
    }
    response.writeHead(incoming.method === 'PUT' ? 201 : 200).end(incoming.method === 'PUT' ? '' : artifacts.get(name))
  }

  const server = createServer((incoming, response) => {
    void read(incoming).then((content) => {
      const status = failures.shift()
      if (status !== undefined) response.writeHead(status).end('{}')
      else if (incoming.url?.startsWith(SERVICE)) rpc(incoming, response, content)
      else blob(incoming, response, content)
    })
  })
  await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve))
  url = `http://127.0.0.1:${String((server.address() as AddressInfo).port)}`
  return {
    env: {ACTIONS_RESULTS_URL: `${url}/`, ACTIONS_RUNTIME_TOKEN: token},
    artifacts,
    violations,
    signedUrl,
    failNext: (...statuses) => {
      failures.push(...statuses)
    },
    close: async () => {
      server.closeAllConnections()
      await new Promise((resolve) => server.close(resolve))
    },
  }
}

async function read(incoming: IncomingMessage): Promise<Buffer> {
  const pieces: Buffer[] = []
  for await (const piece of incoming) pieces.push(piece as Buffer)
  return Buffer.concat(pieces)
}
