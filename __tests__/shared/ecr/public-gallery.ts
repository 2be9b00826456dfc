import {mkdtempSync, rmSync, writeFileSync} from 'node:fs'
import {createServer, request} from 'node:http'
import type {IncomingMessage, ServerResponse} from 'node:http'
import {createServer as createTlsServer} from 'node:https'
import type {AddressInfo, Socket} from 'node:net'
import {connect} from 'node:net'
import {tmpdir} from 'node:os'
import {join} from 'node:path'
import {generate} from 'selfsigned'
import type {FakeEcr} from './fake-ecr.ts'
import {PASSWORD} from './fake-ecr.ts'

const HOST = 'public.ecr.aws'
const TOKEN = 'bearer-token-of-the-gallery'

/** `public.ecr.aws` on this machine, behind a proxy that leads there. */
export interface PublicGallery {
  /** Environment by which a child process comes here: the proxy, and the certificate it must trust. */
  readonly env: Readonly<Record<string, string>>
  /** Hosts that were asked for by CONNECT. */
  readonly connected: readonly string[]
  close(): Promise<void>
}

/**
 * Serves the registry of `ecr` as `https://public.ecr.aws`: real TLS under its name, and the token that the gallery wants
 * (https://distribution.github.io/distribution/spec/auth/token/) given out for the password of {@link FakeEcr} alone.
 */
export async function startPublicGallery(ecr: FakeEcr): Promise<PublicGallery> {
  const pems = await generate([{name: 'commonName', value: HOST}], {
    keySize: 2048,
    extensions: [{name: 'subjectAltName', altNames: [{type: 2, value: HOST}]}],
  })
  const folder = mkdtempSync(join(tmpdir(), 'slipway-gallery-'))
  const certificate = join(folder, 'certificate.pem')
  writeFileSync(certificate, pems.cert)
  const registry = createTlsServer({key: pems.private, cert: pems.cert}, (incoming, outgoing) => {
    serve(ecr, incoming, outgoing)
  })
  const connected: string[] = []
  const proxy = createServer()
  proxy.on('connect', (incoming: IncomingMessage, socket: Socket) => {
    connected.push(incoming.url ?? '')
    if (incoming.url !== `${HOST}:443`) {
      socket.end('HTTP/1.1 502 Bad Gateway\r\n\r\n')
      return
    }
    const onward = connect((registry.address() as AddressInfo).port, '127.0.0.1', () => {
      socket.write('HTTP/1.1 200 Connection established\r\n\r\n')
      socket.pipe(onward).pipe(socket)
    })
    for (const end of [socket, onward]) end.on('error', () => socket.destroy())
  })
  await Promise.all([registry, proxy].map((server) => new Promise<void>((done) => server.listen(0, '127.0.0.1', done))))
  return {
    env: {
      HTTPS_PROXY: `http://127.0.0.1:${String((proxy.address() as AddressInfo).port)}`,
      NO_PROXY: '127.0.0.1',
      NODE_EXTRA_CA_CERTS: certificate,
    },
    connected,
    close: async () => {
      rmSync(folder, {recursive: true, force: true})
      for (const server of [registry, proxy]) {
        server.closeAllConnections()
        await new Promise((done) => server.close(done))
      }
    },
  }
}

function serve(ecr: FakeEcr, incoming: IncomingMessage, outgoing: ServerResponse): void {
  const {authorization} = incoming.headers
  if (incoming.url?.startsWith('/token/') === true) {
    const isKnown = authorization === `Basic ${Buffer.from(`AWS:${PASSWORD}`).toString('base64')}`
    outgoing.writeHead(isKnown ? 200 : 401).end(isKnown ? JSON.stringify({token: TOKEN}) : '')
    return
  }
  if (authorization !== `Bearer ${TOKEN}`) {
    const challenge = `Bearer realm="https://${HOST}/token/",service="${HOST}",scope="aws"`
    outgoing.writeHead(401, {'www-authenticate': challenge}).end()
    return
  }
  const onward = request(`${ecr.url}${incoming.url ?? ''}`, {method: incoming.method}, (answer) => {
    outgoing.writeHead(answer.statusCode ?? 502, answer.headers)
    answer.pipe(outgoing)
  })
  incoming.pipe(onward)
}
