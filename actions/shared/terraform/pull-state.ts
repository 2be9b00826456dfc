import {readFile, rm} from 'node:fs/promises'
import {join} from 'node:path'
import type {Finished} from '../core/exec.ts'
import {privateFolder} from '../core/files.ts'
import type {Session} from './session.ts'

/** The state in the backend, as text: it holds secrets. How the tool ended when it cannot be read. */
export async function pullState(session: Session): Promise<string | Finished> {
  const folder = await privateFolder(session.world.env, 'slipway-state')
  try {
    const file = join(folder, 'there.tfstate')
    const pulled = await session.save(['state', 'pull', '-no-color'], file)
    return pulled.code === 0 ? await readFile(file, 'utf8') : pulled
  } finally {
    await rm(folder, {recursive: true, force: true})
  }
}
