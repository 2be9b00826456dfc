import {createServer, request as httpRequest} from 'node:http'
import type {IncomingMessage, ServerResponse} from 'node:http'
import type {AddressInfo} from 'node:net'
import {pipeline} from 'node:stream'

/** What the proxy does with a request instead of passing it on: an answer, or an end of the connection. */
export type Fault = 'reset' | {readonly status: number; readonly body: string}

/** A loopback address in front of the lab's AWS and registry, where single requests can be made to fail. */
export interface FaultProxy {
  /** `127.0.0.1:<port>`: a registry, and with `http://` in front an AWS endpoint. */
  readonly host: string
  /** Requests so far: `PUT /v2/...`, or the AWS operation (`PutImage`). */
  readonly requests: readonly string[]
  /** Asked for each request; undefined passes it on. */
  onRequest: (request: string, body: string) => Fault | undefined
  close(): Promise<void>
}

/** Starts the proxy on a free port. @param target `http://host:port` */
export async function startFaultProxy(target: string): Promise<FaultProxy> {
  const requests: string[] = []
  const proxy = {onRequest: (): Fault | undefined => undefined} as Pick<FaultProxy, 'onRequest'>
  const server = createServer((incoming, outgoing) => {
    const chunks: Buffer[] = []
    incoming.on('error', () => undefined)
    incoming.on('data', (chunk: Buffer) => chunks.push(chunk))
    incoming.on('end', () => {
      const operation = incoming.headers['x-amz-target']
      const name =
        typeof operation === 'string'
          ? (operation.split('.')[1] ?? '')
          : `${incoming.method ?? ''} ${incoming.url ?? ''}`
      requests.push(name)
      const body = Buffer.concat(chunks)
      const fault = proxy.onRequest(name, body.toString('utf8'))
      if (fault === undefined) passOn(target, incoming, outgoing, body)
      else if (fault === 'reset') incoming.socket.resetAndDestroy()
      else outgoing.writeHead(fault.status, {'content-type': 'application/x-amz-json-1.1'}).end(fault.body)
    })
  })
  await new Promise<void>((resolve) => {
    server.listen(0, '127.0.0.1', resolve)
  })
  return Object.assign(proxy, {
    host: `127.0.0.1:${String((server.address() as AddressInfo).port)}`,
    requests,
    close: async () => {
      server.closeAllConnections()
      await new Promise((resolve) => server.close(resolve))
    },
  })
}

function passOn(target: string, incoming: IncomingMessage, outgoing: ServerResponse, body: Buffer): void {
  const onward = httpRequest(`${target}${incoming.url ?? ''}`, {method: incoming.method, headers: incoming.headers})
  onward.on('response', (answer) => {
    // Who asked may have given up meanwhile.
    if (outgoing.destroyed) {
      answer.destroy()
      return
    }
    outgoing.writeHead(answer.statusCode ?? 502, answer.headers)
    pipeline(answer, outgoing, () => undefined)
  })
  onward.on('error', () => outgoing.destroy())
  onward.end(body)
}
