import {createHash} from 'node:crypto'
import {connect, createServer, type Server} from 'node:net'

/**
 * One holder at a time for one lab folder. The lock is a socket in the kernel's abstract namespace (unix(7)): it is gone
 * with the process that held it, however that ended, so there is no stale lock to judge.
 */
export async function withLock<T>(cache: string, onWait: (holder: string) => void, work: () => Promise<T>): Promise<T> {
  const name = `\0slipway-lab-${createHash('sha256').update(cache).digest('hex').slice(0, 16)}`
  let lock = await tryLock(name)
  for (let told = false; !lock; told = true) {
    const holder = connect(name)
    await waitForRelease(holder, told ? () => undefined : onWait)
    lock = await tryLock(name)
  }
  try {
    return await work()
  } finally {
    lock.closeAll()
  }
}

interface Held {
  readonly closeAll: () => void
}

function tryLock(name: string): Promise<Held | undefined> {
  const waiting = new Set<{destroy: () => void}>()
  const server: Server = createServer((socket) => {
    waiting.add(socket)
    socket.on('error', () => undefined)
    socket.on('close', () => waiting.delete(socket))
    socket.write(String(process.pid))
  })
  return new Promise((resolve, reject) => {
    server.once('error', (error: NodeJS.ErrnoException) => {
      if (error.code === 'EADDRINUSE') resolve(undefined)
      else reject(error)
    })
    server.listen(name, () => {
      server.unref()
      const closeAll = (): void => {
        server.close()
        for (const socket of waiting) socket.destroy()
      }
      resolve({closeAll})
    })
  })
}

/** Resolves when the holder lets go, which closes the connection. */
function waitForRelease(holder: ReturnType<typeof connect>, onWait: (pid: string) => void): Promise<void> {
  return new Promise((resolve) => {
    holder.once('data', (data) => {
      onWait(data.toString())
    })
    holder.on('error', () => undefined)
    holder.once('close', () => {
      resolve()
    })
  })
}
