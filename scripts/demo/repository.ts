import {execFile} from 'node:child_process'
import {mkdtemp, rm} from 'node:fs/promises'
import {tmpdir} from 'node:os'
import {join} from 'node:path'
import {promisify} from 'node:util'

const run = promisify(execFile)
const root = join(import.meta.dirname, '../..')

const PENDING = 'refs/slipway/demo-pending'

/** A clone of this repository, for a workflow to run in. */
export interface Clone {
  readonly folder: string
  readonly commit: string
  remove(): Promise<void>
}

/**
 * Clones this repository at its newest commit, with the changes that are not committed yet on top, so that the demo
 * shows what stands in the working tree. The clone keeps the commit's hash where nothing was changed.
 * @param change edits the clone before its last commit; its edits are committed with `message`
 */
export async function cloneRepository(change?: (folder: string) => Promise<void>, message = ''): Promise<Clone> {
  const folder = await mkdtemp(join(tmpdir(), 'slipway-demo-'))
  const git = async (cwd: string, ...argv: string[]): Promise<string> => (await run('git', argv, {cwd})).stdout.trim()
  const pending = await git(root, 'stash', 'create')
  await git(root, 'clone', '--quiet', '--no-hardlinks', root, folder)
  if (pending !== '') {
    // A commit that no reference names cannot be fetched.
    await git(root, 'update-ref', PENDING, pending)
    await git(folder, 'fetch', '--quiet', root, PENDING)
    await git(root, 'update-ref', '-d', PENDING)
    await git(folder, 'checkout', '--quiet', '-B', 'main', 'FETCH_HEAD')
  }
  if (change !== undefined) {
    await change(folder)
    await git(folder, 'add', '--all')
    await git(folder, '-c', 'user.name=demo', '-c', 'user.email=demo@example.test', 'commit', '--quiet', '-m', message)
  }
  return {
    folder,
    commit: await git(folder, 'rev-parse', 'HEAD'),
    remove: () => rm(folder, {recursive: true, force: true}),
  }
}
