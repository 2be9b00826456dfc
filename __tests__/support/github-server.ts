import {readFileSync} from 'node:fs'
import {createServer} from 'node:http'
import type {IncomingMessage, ServerResponse} from 'node:http'
import type {AddressInfo} from 'node:net'
import {join} from 'node:path'
import {Ajv} from 'ajv'

/** A request that reached the server, after it was checked against GitHub's published API description. */
export interface GitHubRequest {
  readonly method: string
  /** The path with its query. */
  readonly path: string
  /** `POST /repos/{owner}/{repo}/issues/{issue_number}/comments`, or `POST /graphql`. */
  readonly operation: string
  readonly body: unknown
}

/** What the server answers. @param status HTTP status; 200 when left out */
export interface GitHubAnswer {
  readonly status?: number
  readonly body?: unknown
  /** Where it redirects to. */
  readonly location?: string
}

/** GitHub on loopback. A request that GitHub's description does not know, or a body it would refuse, is answered 422. */
export interface GitHubServer {
  readonly url: string
  readonly requests: readonly GitHubRequest[]
  /** Sentences about requests that the description does not allow. A test asserts that there are none. */
  readonly violations: readonly string[]
  close(): Promise<void>
}

interface Operation {
  readonly requestBody?: {readonly content?: Readonly<Record<string, {readonly schema?: object}>>}
}
interface Description {
  readonly paths: Readonly<Record<string, Readonly<Record<string, Operation>>>>
  readonly components: object
}

const DESCRIPTION = join(import.meta.dirname, '../../node_modules/@octokit/openapi/generated/api.github.com.json')
let loaded: Description | undefined

function description(): Description {
  loaded ??= JSON.parse(readFileSync(DESCRIPTION, 'utf8')) as Description
  return loaded
}

/** @param answer called for each valid request; undefined is answered 404 */
export async function startGitHub(answer: (request: GitHubRequest) => GitHubAnswer | undefined): Promise<GitHubServer> {
  const requests: GitHubRequest[] = []
  const violations: string[] = []
  const server = createServer((incoming, response) => {
    void readBody(incoming).then((text) => {
      const request = understand(incoming, text, violations)
      requests.push(request)
      const reply =
        request.operation === '' ? {status: 422, body: {message: 'not in the API description'}} : answer(request)
      send(response, reply ?? {status: 404, body: {message: 'Not Found'}})
    })
  })
  await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve))
  const {port} = server.address() as AddressInfo
  return {
    url: `http://127.0.0.1:${String(port)}`,
    requests,
    violations,
    close: async () => {
      server.closeAllConnections()
      await new Promise((resolve) => server.close(resolve))
    },
  }
}

async function readBody(incoming: IncomingMessage): Promise<string> {
  const pieces: Buffer[] = []
  for await (const piece of incoming) pieces.push(piece as Buffer)
  return Buffer.concat(pieces).toString()
}

function understand(incoming: IncomingMessage, text: string, violations: string[]): GitHubRequest {
  const method = incoming.method ?? 'GET'
  const path = incoming.url ?? '/'
  const json = (incoming.headers['content-type'] ?? '').includes('json') && text !== ''
  const body: unknown = json ? JSON.parse(text) : text === '' ? undefined : text
  if (path === '/graphql') return {method, path, operation: `${method} /graphql`, body}
  const template = templateOf(path.split('?')[0] ?? '', method)
  if (template === undefined) {
    violations.push(`${method} ${path} is not in GitHub's API description`)
    return {method, path, operation: '', body}
  }
  const problem = bodyProblem(template, method, body)
  if (problem !== undefined) violations.push(`${method} ${path}: ${problem}`)
  return {method, path, operation: problem === undefined ? `${method} ${template}` : '', body}
}

function templateOf(path: string, method: string): string | undefined {
  const words = path.split('/')
  return Object.entries(description().paths)
    .filter(
      ([template, operations]) => method.toLowerCase() in operations && template.split('/').length === words.length,
    )
    .map(([template]) => template)
    .sort((a, b) => a.split('{').length - b.split('{').length)
    .find((template) => template.split('/').every((word, at) => word.startsWith('{') || word === words[at]))
}

function bodyProblem(template: string, method: string, body: unknown): string | undefined {
  const schema =
    description().paths[template]?.[method.toLowerCase()]?.requestBody?.content?.['application/json']?.schema
  if (schema === undefined) return undefined
  const ajv = new Ajv({strict: false, validateFormats: false})
  const validate = ajv.compile({...schema, components: description().components})
  return validate(body ?? {}) ? undefined : ajv.errorsText(validate.errors)
}

function send(response: ServerResponse, {status = 200, body, location}: GitHubAnswer): void {
  response.writeHead(status, location === undefined ? {'content-type': 'application/json'} : {location})
  response.end(body === undefined ? undefined : JSON.stringify(body))
}
