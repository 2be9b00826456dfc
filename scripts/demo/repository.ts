import {execFile} from 'node:child_process'
import {existsSync} from 'node:fs'
import {cp, mkdtemp, rm} from 'node:fs/promises'
import {tmpdir} from 'node:os'
import {join} from 'node:path'
import {pathToFileURL} from 'node:url'
import {promisify} from 'node:util'

const run = promisify(execFile)
const root = join(import.meta.dirname, '../..')

/** A clone of this repository, for a workflow to run in. */
export interface Clone {
  readonly folder: string
  readonly commit: string
  remove(): Promise<void>
}

/**
 * Clones this repository as the working tree stands: its newest commit without those before it, and in one commit on top
 * what is not committed yet. The clone keeps the commit's hash where nothing was changed.
 * @param change edits the clone before its last commit
 */
export async function cloneRepository(change?: (folder: string) => Promise<void>): Promise<Clone> {
  const folder = await mkdtemp(join(tmpdir(), 'slipway-demo-'))
  // As actions/checkout fetches it. A whole history is thousands of files more, which every job would copy and delete.
  await git(root, 'clone', '--quiet', '--depth', '1', pathToFileURL(root).href, folder)
  await bringPending(folder)
  await change?.(folder)
  await git(folder, 'add', '--all')
  if ((await git(folder, 'status', '--porcelain')) !== '') await commitPending(folder)
  return {
    folder,
    commit: await git(folder, 'rev-parse', 'HEAD'),
    remove: () => rm(folder, {recursive: true, force: true}),
  }
}

async function git(folder: string, ...argv: string[]): Promise<string> {
  return (await run('git', argv, {cwd: folder, maxBuffer: 16 * 1024 * 1024})).stdout.trim()
}

// Dated as the commit below it, so that the same working tree always gives the same commit.
async function commitPending(folder: string): Promise<void> {
  const date = await git(folder, 'log', '-1', '--format=%cI')
  const author = {GIT_AUTHOR_NAME: 'demo', GIT_AUTHOR_EMAIL: 'demo@example.test', GIT_AUTHOR_DATE: date}
  const committer = {GIT_COMMITTER_NAME: 'demo', GIT_COMMITTER_EMAIL: 'demo@example.test', GIT_COMMITTER_DATE: date}
  const env = {...process.env, ...author, ...committer}
  await run('git', ['commit', '--quiet', '-m', 'What is not committed yet'], {cwd: folder, env})
}

async function bringPending(folder: string): Promise<void> {
  const changed = await git(root, 'diff', '--name-only', '-z', 'HEAD')
  const added = await git(root, 'ls-files', '--others', '--exclude-standard', '-z')
  for (const path of `${changed}\0${added}`.split('\0').filter((name) => name !== '')) {
    if (existsSync(join(root, path))) await cp(join(root, path), join(folder, path))
    else await rm(join(folder, path), {force: true})
  }
}
