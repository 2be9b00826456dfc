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
 * Opens a private file and takes its name away at once: nothing is left of it when both sides have let go, however they end.
 * @param folder where there is room; the runner's own for temporary files unless given
 */
export async function openTranscript(folder = process.env['RUNNER_TEMP'] || tmpdir()): Promise<Transcript> {
  const path = join(folder, `slipway-transcript-${randomUUID()}`)
  const file = await open(path, 'wx+', 0o600)
  // Windows holds on to the name of an open file: the runner empties the folder there.
  await rm(path, {force: true}).catch(() => undefined)
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
