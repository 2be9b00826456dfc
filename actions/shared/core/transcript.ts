import {randomUUID} from 'node:crypto'
import {open, rm} from 'node:fs/promises'
import {tmpdir} from 'node:os'
import {join} from 'node:path'

/** A file that a child writes and this process reads behind it. */
export interface Transcript {
  /** What the child gets as its output. */
  readonly fd: number
  /** Hands on what was written since the last time. */
  drain(take: (data: Buffer) => void): Promise<void>
  close(): Promise<void>
}

const AT_ONCE = 64 * 1024

/**
 * Opens a private file for each stream of a child; undefined where there is no room for one: what the child has to say
 * about a full disk must not be lost on it.
 */
export async function openTranscripts(): Promise<readonly [Transcript, Transcript] | undefined> {
  const [stdout, stderr] = await Promise.allSettled([openTranscript(), openTranscript()])
  if (stdout.status === 'fulfilled' && stderr.status === 'fulfilled') return [stdout.value, stderr.value]
  for (const each of [stdout, stderr]) if (each.status === 'fulfilled') await each.value.close()
  return undefined
}

// The name is taken away at once: nothing is left of the file when both sides have let go, however they end.
async function openTranscript(): Promise<Transcript> {
  const path = join(process.env['RUNNER_TEMP'] || tmpdir(), `slipway-transcript-${randomUUID()}`)
  const file = await open(path, 'wx+', 0o600)
  try {
    await file.write(Buffer.alloc(AT_ONCE), 0, AT_ONCE, 0)
    await file.truncate(0)
  } catch (error) {
    await file.close()
    throw error
  } finally {
    // Windows holds on to the name of an open file: the runner empties the folder there.
    await rm(path, {force: true}).catch(() => undefined)
  }
  let position = 0
  return {
    fd: file.fd,
    drain: async (take) => {
      for (;;) {
        // By position: the child's own place in the file is the same one.
        const {bytesRead, buffer} = await file.read(Buffer.alloc(AT_ONCE), 0, AT_ONCE, position)
        if (bytesRead === 0) return
        position += bytesRead
        take(buffer.subarray(0, bytesRead))
      }
    },
    close: () => file.close(),
  }
}
