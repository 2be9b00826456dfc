import {createServer} from 'node:http'
import type {IncomingMessage, Server, ServerResponse} from 'node:http'
import type {AddressInfo} from 'node:net'
import type {Clock} from '../../actions/shared/core/clock.ts'
import {elbAnswer} from './scripted-elb.ts'
import {answers} from './scripted-ecs-answers.ts'
import {AwsError} from './scripted-ecs-error.ts'
import type {EcsCall, Stage} from './scripted-ecs-stage.ts'
import type {History} from './scripted-ecs-state.ts'

/** An ECS (and CloudWatch Logs) on loopback that plays a history, spoken to by the real SDK. */
export interface ScriptedEcs {
  /** For AWS_ENDPOINT_URL. */
  readonly endpoint: string
  readonly calls: readonly EcsCall[]
  /** The inputs of every call of one operation. */
  inputsOf(operation: string): readonly Readonly<Record<string, unknown>>[]
  /** Starts the record of calls anew. */
  forget(): void
  close(): Promise<void>
}

/**
 * Starts a scripted ECS.
 * @param clock the clock that the history follows; a fake one in unit tests
 * @param onCall awaited before each call is answered, with how many calls of its operation there were
 */
export async function scriptedEcs(
  history: History,
  clock: Clock,
  onCall: (operation: string, times: number) => Promise<void> | void = () => undefined,
): Promise<ScriptedEcs> {
  const stage: Stage = {
    history,
    clock,
    onCall,
    calls: [],
    definitions: new Map(),
    changedAt: undefined,
    undoneAt: undefined,
    created: new Map(),
    removedAt: undefined,
    continuedAt: undefined,
    wanted: '',
    desired: history.service?.desired ?? 2,
    deployed: false,
  }
  const server = createServer((request, response) => {
    void serve(stage, request, response)
  })
  await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve))
  const {port} = server.address() as AddressInfo
  return {
    endpoint: `http://127.0.0.1:${String(port)}`,
    calls: stage.calls,
    inputsOf: (operation) => stage.calls.filter((call) => call.operation === operation).map(({input}) => input),
    forget: () => {
      stage.calls.length = 0
    },
    close: () => stop(server),
  }
}

async function stop(server: Server): Promise<void> {
  server.closeAllConnections()
  await new Promise((resolve) => server.close(resolve))
}

async function serve(stage: Stage, request: IncomingMessage, response: ServerResponse): Promise<void> {
  const chunks: Buffer[] = []
  for await (const chunk of request) chunks.push(chunk as Buffer)
  const text = Buffer.concat(chunks).toString()
  if (request.headers['x-amz-target'] === undefined) {
    serveElb(stage, new URLSearchParams(text), response)
    return
  }
  const operation = String(request.headers['x-amz-target']).split('.').at(-1) ?? ''
  const input = JSON.parse(text || '{}') as Record<string, unknown>
  stage.calls.push({operation, input, at: stage.clock.now()})
  try {
    await stage.onCall(operation, stage.calls.filter((call) => call.operation === operation).length)
    const answer = answers(stage, operation, input)
    if (isLost(stage, operation)) request.socket.destroy()
    else reply(response, 200, answer)
  } catch (error) {
    if (!(error instanceof AwsError)) throw error
    if (error.type === 'reset') request.socket.destroy()
    else reply(response, error.status, {__type: error.type, message: error.message})
  }
}

// Elastic Load Balancing speaks the Query protocol: a form in, XML out.
function serveElb(stage: Stage, form: URLSearchParams, response: ServerResponse): void {
  const operation = form.get('Action') ?? ''
  stage.calls.push({operation, input: Object.fromEntries(form), at: stage.clock.now()})
  const {status, body} = elbAnswer(stage, operation, form)
  response.writeHead(status, {'content-type': 'text/xml'})
  response.end(body)
}

// The first answer of such an operation does not arrive; what it did is done.
function isLost({history, calls}: Stage, operation: string): boolean {
  return history.lost?.includes(operation) === true && calls.filter((call) => call.operation === operation).length === 1
}

function reply(response: ServerResponse, status: number, body: unknown): void {
  response.writeHead(status, {'content-type': 'application/x-amz-json-1.1'})
  response.end(JSON.stringify(body))
}
