import {connect, createServer} from 'node:net'
import type {AddressInfo} from 'node:net'

/** A loopback port whose connections lead elsewhere, byte for byte: for what is encrypted. */
export interface Wire {
  readonly port: number
  /** Asked for each connection, counted from 1. */
  harm: (nth: number) => 'reset' | 'slow' | undefined
  close(): Promise<void>
}

const SLOW_MS = 700
// Long enough for a handshake and a question, too short for most answers.
const RESET_MS = 30

/** Opens one. @param host where the connections lead */
export async function wire(host: string, port: number): Promise<Wire> {
  let count = 0
  const server = createServer((near) => {
    const harm = made.harm((count += 1))
    const far = connect(port, host)
    const both = [near, far] as const
    for (const one of both) {
      one.on('error', () => undefined)
      one.on('close', () => {
        for (const other of both) other.destroy()
      })
    }
    far.pipe(near)
    if (harm === 'slow') setTimeout(() => near.pipe(far), SLOW_MS)
    else near.pipe(far)
    if (harm === 'reset') setTimeout(() => near.resetAndDestroy(), RESET_MS)
  })
  await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve))
  const made: Wire = {
    port: (server.address() as AddressInfo).port,
    harm: () => undefined,
    close: async () => {
      await new Promise((resolve) => server.close(resolve))
    },
  }
  return made
}
