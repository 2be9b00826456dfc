import type {ECRClient} from '@aws-sdk/client-ecr'
import type {ECSClient} from '@aws-sdk/client-ecs'
import {HttpRequest} from '@smithy/core/protocols'
import {SignatureV4} from '@smithy/signature-v4'
import type {Environment} from '../core/inputs.ts'
import {AwsCallError, GarbledAnswer, isPage} from './errors.ts'

/** One call of an AWS service for which the whole SDK client would weigh more than its use is worth. */
export interface SignedCall {
  /** The name in the service's host and in the signature: `codedeploy`. */
  readonly service: string
  /** Of the variable that names another endpoint: `CODEDEPLOY` for `AWS_ENDPOINT_URL_CODEDEPLOY`. */
  readonly endpointVariable: string
  /** Where the service has one address for all the world; otherwise its host follows from that of the carrier. */
  readonly endpoint?: string
  /** Ends the call where its answer is not worth waiting for. */
  readonly signal?: AbortSignal
  readonly headers: Readonly<Record<string, string>>
  readonly body: string
}

/** A client of the SDK, by whose credentials, region, proxy and partition a call is made. */
export type Carrier = ECRClient | ECSClient

interface Answer {
  readonly statusCode: number
  readonly body: AsyncIterable<Uint8Array>
}

/**
 * The body of one answer. Signed by the SDK's signer and sent by the handler of `carrier`: its credentials, region,
 * proxy and partition hold for this call too. Never tried again; that is for the caller to decide.
 * @throws {Error} named by AWS's code: `AccessDeniedException`, `ThrottlingException`...
 * @throws {GarbledAnswer} when what came back is a web page
 */
export async function signedCall(env: Environment, carrier: Carrier, call: SignedCall): Promise<string> {
  const {credentials, sha256, requestHandler, customUserAgent} = carrier.config
  const region = await carrier.config.region()
  const url = await endpointOf(env, carrier, region, call)
  const signer = new SignatureV4({service: call.service, region, credentials, sha256})
  const agent = (customUserAgent ?? []).flat().join('/')
  const signed = await signer.sign(
    new HttpRequest({
      method: 'POST',
      protocol: url.protocol,
      hostname: url.hostname,
      ...(url.port !== '' && {port: Number(url.port)}),
      path: url.pathname,
      headers: {host: url.host, 'user-agent': agent, ...call.headers},
      body: call.body,
    }),
  )
  const {response, text} = await sent(async () => {
    const request = HttpRequest.clone(signed)
    const answer: {readonly response: Answer} = await requestHandler.handle(
      request,
      call.signal && {abortSignal: call.signal},
    )
    return {response: answer.response, text: await textOf(answer.response.body)}
  }, url.host)
  if (isPage(text)) throw new GarbledAnswer(text, response.statusCode)
  if (response.statusCode >= 300) throw errorOf(response.statusCode, text)
  return text
}

/**
 * The answer to one call of a service that speaks JSON, not checked against any shape.
 * @param env for `AWS_ENDPOINT_URL`
 * @param carrier a client of the SDK
 * @param place the service
 * @param target the service's prefix and the operation: `CodeDeploy_20141006.GetDeployment`
 * @param input what the operation takes
 * @throws as {@link signedCall} does, and {@link GarbledAnswer} when what came back is not JSON
 */
export async function jsonCall(
  env: Environment,
  carrier: Carrier,
  place: Omit<SignedCall, 'headers' | 'body'>,
  target: string,
  input: unknown,
): Promise<unknown> {
  const headers = {'content-type': 'application/x-amz-json-1.1', 'x-amz-target': target}
  const text = await signedCall(env, carrier, {...place, headers, body: JSON.stringify(input)})
  if (text === '') return {}
  try {
    return JSON.parse(text) as unknown
  } catch {
    throw new GarbledAnswer(text, OK)
  }
}

const OK = 200

// The hosts of a region differ in one part only, so that of the carrier tells those of the others, in every partition.
async function endpointOf(env: Environment, carrier: Carrier, region: string, call: SignedCall): Promise<URL> {
  const custom = env[`AWS_ENDPOINT_URL_${call.endpointVariable}`] || env['AWS_ENDPOINT_URL']
  if (custom) return new URL(custom)
  if (call.endpoint !== undefined) return new URL(call.endpoint)
  const {url} = carrier.config.endpointProvider({
    Region: region,
    UseFIPS: await carrier.config.useFipsEndpoint(),
    UseDualStack: await carrier.config.useDualstackEndpoint(),
  })
  return new URL(url.href.replace(/\/\/(?:ecs|api\.ecr)/, `//${call.service}`))
}

// As the SDK's clients do, a connection that breaks is an Error that keeps Node's code, whatever was thrown.
async function sent<T>(send: () => Promise<T>, host: string): Promise<T> {
  try {
    return await send()
  } catch (error) {
    const {code = '', message = ''} = error as {readonly code?: string; readonly message?: string}
    const broken = new Error(`no answer from ${host}: ${message || code}`, {cause: error})
    throw Object.assign(broken, {name: 'TimeoutError', code})
  }
}

async function textOf(body: AsyncIterable<Uint8Array>): Promise<string> {
  const chunks: Uint8Array[] = []
  for await (const chunk of body) chunks.push(chunk)
  return Buffer.concat(chunks).toString('utf8')
}

// https://smithy.io/2.0/aws/protocols/aws-json-1_1-protocol.html#operation-error-serialization, and XML of older services
function errorOf(status: number, text: string): AwsCallError {
  const field = (pattern: RegExp): string | undefined => pattern.exec(text)?.[1]
  const code = field(/"__type"\s*:\s*"(?:[^"#]*#)?([^":]+)/) ?? field(/<Code>([^<]*)<\/Code>/)
  const message = field(/"[mM]essage"\s*:\s*"((?:[^"\\]|\\.)*)"/) ?? field(/<Message>([^<]*)<\/Message>/)
  return new AwsCallError(code ?? `HTTP${String(status)}`, message ?? `AWS answered HTTP ${String(status)}`, status)
}
