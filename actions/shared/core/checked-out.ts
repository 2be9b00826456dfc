import {readFileSync} from 'node:fs'
import type {Environment} from './inputs.ts'

/** Events that are about no commit: GITHUB_SHA is then the newest one of a branch, whatever was checked out. */
const ABOUT_NO_COMMIT = ['issue_comment', 'workflow_dispatch', 'workflow_run', 'repository_dispatch', 'schedule']

/**
 * The commit that a run works on, in full: GITHUB_SHA, unless the event is about no commit and `actions/checkout` was told
 * by `ref` which one to take (https://docs.github.com/actions/reference/events-that-trigger-workflows). Empty outside a
 * workflow.
 */
export function workedOnCommit(env: Environment): string {
  const told = env['GITHUB_SHA'] ?? ''
  if (!ABOUT_NO_COMMIT.includes(env['GITHUB_EVENT_NAME'] ?? '')) return told
  const workspace = env['GITHUB_WORKSPACE']
  return (workspace === undefined ? undefined : checkedOut(`${workspace}/.git`)) ?? told
}

// https://git-scm.com/docs/gitrepository-layout: HEAD holds a commit, or the name of a file that holds one.
function checkedOut(folder: string): string | undefined {
  const read = (name: string): string => {
    try {
      return readFileSync(`${folder}/${name}`, 'utf8').trim()
    } catch {
      return ''
    }
  }
  const head = read('HEAD')
  const branch = /^ref: (refs\/[\w./-]+)$/.exec(head)?.[1]
  const commit = branch === undefined || branch.includes('..') ? head : read(branch)
  return /^[0-9a-f]{40,64}$/.test(commit) ? commit : undefined
}
