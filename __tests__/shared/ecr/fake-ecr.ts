import {createHash} from 'node:crypto'
import {createServer} from 'node:http'
import type {IncomingMessage, ServerResponse} from 'node:http'
import type {AddressInfo} from 'node:net'

/** An answer that stands instead of the server's own. */
export interface Answer {
  readonly status: number
  readonly body: string | Record<string, unknown>
  readonly headers?: Readonly<Record<string, string>>
}

/** ECR's API and a registry on one loopback port, with the state that both share. */
export interface FakeEcr {
  readonly url: string
  /** `127.0.0.1:<port>`. */
  readonly host: string
  readonly repositories: Map<string, FakeRepository>
  /** Names of the API calls so far, in order. */
  readonly calls: readonly string[]
  /** Bodies of the API calls, as `calls`. */
  readonly bodies: readonly Record<string, unknown>[]
  /** Paths asked of the registry, with their method. */
  readonly requests: readonly string[]
  /** Answers an API call (`CreateRepository`) or a registry path (`GET /v2/...`) once or for ever. */
  answer(call: string, answer: Answer, times?: number): void
  /** Puts an image into a repository under `tags`; gives its digest. */
  addImage(repository: string, tags: readonly string[], labels: Readonly<Record<string, string>>): string
  /** Environment that leads the AWS SDK here. */
  readonly env: Readonly<Record<string, string>>
  close(): Promise<void>
}

/** A repository of {@link FakeEcr}. */
export interface FakeRepository {
  readonly settings: Record<string, unknown>
  readonly tags: Map<string, string>
  readonly blobs: Map<string, string>
}

/** The password that the fake registry's token holds. */
export const PASSWORD = 'registry-password-of-this-test'
const ACCOUNT = '123456789012'
/** The alias of the registry that the account has in ECR Public. */
export const ALIAS = 'a1b2c3d4'
/** How the API of ECR Public calls itself in `X-Amz-Target`. */
const PUBLIC_API = 'SpencerFrontendService'

/** Starts a server on a free port. */
export async function startFakeEcr(): Promise<FakeEcr> {
  const state = new State()
  const server = createServer((request, response) => {
    void state.handle(request, response)
  })
  await new Promise<void>((resolve) => {
    server.listen(0, '127.0.0.1', resolve)
  })
  const host = `127.0.0.1:${String((server.address() as AddressInfo).port)}`
  const url = `http://${host}`
  return {
    url,
    host,
    repositories: state.repositories,
    calls: state.calls,
    bodies: state.bodies,
    requests: state.requests,
    answer: (call, answer, times = Infinity) => {
      state.answers.push({call, answer, times})
    },
    addImage: (repository, tags, labels) => state.addImage(repository, tags, labels),
    env: {
      AWS_ENDPOINT_URL: url,
      AWS_REGION: 'eu-west-1',
      AWS_ACCESS_KEY_ID: 'AKIAFAKEFAKEFAKEFAKE',
      AWS_SECRET_ACCESS_KEY: 'secret-key-of-this-test',
      AWS_EC2_METADATA_DISABLED: 'true',
    },
    close: () =>
      new Promise((resolve) => {
        server.close(() => {
          resolve()
        })
        server.closeAllConnections()
      }),
  }
}

class State {
  readonly repositories = new Map<string, FakeRepository>()
  readonly calls: string[] = []
  readonly bodies: Record<string, unknown>[] = []
  readonly requests: string[] = []
  readonly answers: {call: string; answer: Answer; times: number}[] = []

  addImage(repository: string, tags: readonly string[], labels: Readonly<Record<string, string>>): string {
    const {blobs, tags: known} = this.repository(repository)
    const config = JSON.stringify({os: 'linux', architecture: 'amd64', config: {Labels: labels}})
    blobs.set(digest(config), config)
    const manifest = JSON.stringify({
      schemaVersion: 2,
      mediaType: 'application/vnd.oci.image.manifest.v1+json',
      config: {mediaType: 'application/vnd.oci.image.config.v1+json', digest: digest(config), size: config.length},
      layers: [{mediaType: 'application/vnd.oci.image.layer.v1.tar+gzip', digest: digest('layer'), size: 4_000_000}],
    })
    blobs.set(digest(manifest), manifest)
    for (const tag of tags) known.set(tag, digest(manifest))
    return digest(manifest)
  }

  repository(name: string): FakeRepository {
    const found = this.repositories.get(name) ?? {
      settings: {},
      tags: new Map<string, string>(),
      blobs: new Map<string, string>(),
    }
    this.repositories.set(name, found)
    return found
  }

  async handle(request: IncomingMessage, response: ServerResponse): Promise<void> {
    const chunks: Buffer[] = []
    for await (const chunk of request) chunks.push(chunk as Buffer)
    const body = Buffer.concat(chunks).toString()
    const target = request.headers['x-amz-target']
    const {
      status,
      body: text,
      headers,
    } = typeof target === 'string' ? this.api(target, body) : this.registry(request, body)
    response.writeHead(status, {'content-type': 'application/x-amz-json-1.1', ...headers})
    response.end(typeof text === 'string' ? text : JSON.stringify(text))
  }

  api(target: string, text: string): Answer {
    const [service = '', operation = ''] = target.split('.')
    const body = JSON.parse(text) as Record<string, unknown>
    const call = service === PUBLIC_API ? `public:${operation}` : operation
    this.calls.push(call)
    this.bodies.push(body)
    return this.planned(call) ?? (service === PUBLIC_API ? this.publicAnswer(call, body) : this.ownAnswer(call, body))
  }

  // The API of ECR Public knows a repository by its name, its registry by alias and name.
  publicAnswer(call: string, body: Record<string, unknown>): Answer {
    const operation = call.slice('public:'.length)
    const short = (body['repositoryName'] ?? (body['repositoryNames'] as string[] | undefined)?.[0] ?? '') as string
    const name = `${ALIAS}/${short}`
    const described = {repositoryName: short, repositoryUri: `public.ecr.aws/${name}`, registryId: ACCOUNT}
    if (operation === 'GetAuthorizationToken') {
      return ok({authorizationData: {authorizationToken: Buffer.from(`AWS:${PASSWORD}`).toString('base64')}})
    }
    if (operation === 'CreateRepository') {
      Object.assign(this.repository(name).settings, body)
      return ok({repository: described})
    }
    const repository = this.repositories.get(name)
    if (repository === undefined)
      return awsError('RepositoryNotFoundException', `The repository with name '${short}' does not exist`)
    if (operation === 'DescribeRepositories') return ok({repositories: [described]})
    if (operation === 'PutImage') return ok(putImage(repository, body))
    if (operation !== 'DescribeImageTags') return ok({})
    return ok({imageTagDetails: [...repository.tags.keys()].map((imageTag) => ({imageTag}))})
  }

  planned(call: string): Answer | undefined {
    const plan = this.answers.find((candidate) => call.startsWith(candidate.call) && candidate.times > 0)
    if (plan !== undefined) plan.times -= 1
    return plan?.answer
  }

  ownAnswer(call: string, body: Record<string, unknown>): Answer {
    const name = (body['repositoryName'] ?? (body['repositoryNames'] as string[] | undefined)?.[0] ?? '') as string
    if (call === 'GetAuthorizationToken') {
      const authorizationToken = Buffer.from(`AWS:${PASSWORD}`).toString('base64')
      const proxyEndpoint = `https://${ACCOUNT}.dkr.ecr.eu-west-1.amazonaws.com`
      return ok({authorizationData: [{authorizationToken, proxyEndpoint}]})
    }
    if (call === 'CreateRepository') {
      Object.assign(this.repository(name).settings, body)
      return ok({repository: this.describe(name)})
    }
    const repository = this.repositories.get(name)
    if (repository === undefined)
      return awsError('RepositoryNotFoundException', `The repository ${name} does not exist`)
    if (call === 'DescribeRepositories') return ok({repositories: [this.describe(name)]})
    if (call === 'BatchGetImage') return ok(batchGet(repository, body))
    if (call === 'ListImages') return ok({imageIds: [...repository.tags.keys()].map((imageTag) => ({imageTag}))})
    if (call === 'PutImage') return ok(putImage(repository, body))
    return ok({})
  }

  describe(name: string): Record<string, unknown> {
    const {settings} = this.repository(name)
    return {
      repositoryName: name,
      registryId: ACCOUNT,
      repositoryUri: `${ACCOUNT}.dkr.ecr.eu-west-1.amazonaws.com/${name}`,
      imageTagMutability: settings['imageTagMutability'] ?? 'MUTABLE',
      imageTagMutabilityExclusionFilters: settings['imageTagMutabilityExclusionFilters'],
    }
  }

  registry(request: IncomingMessage, body: string): Answer {
    const {method = '', url: path = ''} = request
    this.requests.push(`${method} ${path}`)
    const planned = this.planned(`${method} ${path}`)
    if (planned !== undefined) return planned
    const [, name = '', kind, reference = ''] = /^\/v2\/(.+)\/(manifests|blobs)\/(.+)$/.exec(path) ?? []
    const repository = this.repositories.get(name)
    if (repository === undefined) return {status: 404, body: {errors: [{code: 'NAME_UNKNOWN'}]}}
    if (method === 'PUT') return putBlob(repository, body, kind === 'manifests' ? reference : undefined)
    const blob = repository.blobs.get(repository.tags.get(reference) ?? reference)
    return blob === undefined ? {status: 404, body: {errors: [{code: 'MANIFEST_UNKNOWN'}]}} : {status: 200, body: blob}
  }
}

function putBlob({blobs, tags}: FakeRepository, body: string, tag: string | undefined): Answer {
  blobs.set(digest(body), body)
  if (tag !== undefined && !tag.startsWith('sha256:')) tags.set(tag, digest(body))
  return {status: 201, body: ''}
}

function batchGet({tags, blobs}: FakeRepository, body: Record<string, unknown>): Record<string, unknown> {
  const ids = body['imageIds'] as {imageTag: string}[]
  const images = ids.flatMap(({imageTag}) => {
    const imageDigest = tags.get(imageTag)
    const imageManifest = blobs.get(imageDigest ?? '')
    return imageDigest === undefined ? [] : [{imageId: {imageTag, imageDigest}, imageManifest}]
  })
  const failures = ids
    .filter(({imageTag}) => !tags.has(imageTag))
    .map((imageId) => ({imageId, failureCode: 'ImageNotFound'}))
  return {images, failures}
}

function putImage({tags, blobs}: FakeRepository, body: Record<string, unknown>): Record<string, unknown> {
  const [manifest, tag] = [body['imageManifest'] as string, body['imageTag'] as string]
  blobs.set(digest(manifest), manifest)
  tags.set(tag, digest(manifest))
  return {image: {imageId: {imageTag: tag, imageDigest: digest(manifest)}}}
}

/** `sha256:...` of a text. */
export function digest(text: string): string {
  return `sha256:${createHash('sha256').update(text).digest('hex')}`
}

function ok(body: Record<string, unknown>): Answer {
  return {status: 200, body}
}

/** An error as ECR gives it. */
export function awsError(type: string, message: string, status = 400): Answer {
  return {status, body: {__type: type, message}}
}
