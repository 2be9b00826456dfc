import {createHash} from 'node:crypto'
import {readFile} from 'node:fs/promises'
import {join} from 'node:path'
import {Failure} from '../core/diagnosis.ts'
import type {Binding} from './envelope.ts'
import type {Backend} from '../terraform/init.ts'
import {canonicalJson} from '../core/json.ts'

/** The lock file of the providers (https://developer.hashicorp.com/terraform/language/files/dependency-lock). */
export const LOCK_FILE = '.terraform.lock.hcl'

/** What can be known before the tool has run: enough to refuse a plan that belongs elsewhere. */
export type Origins = Pick<Binding, 'repository' | 'headSha' | 'workingDirectory'>

/** The text of the root module's lock file, or undefined when there is none. */
export async function readLockFile(folder: string): Promise<string | undefined> {
  try {
    return await readFile(join(folder, LOCK_FILE), 'utf8')
  } catch {
    return undefined
  }
}

/** `sha256:<hex>` of a file's content; empty text for a file that is not there. */
export function hashOf(content: string | Uint8Array | undefined): string {
  return content === undefined ? '' : `sha256:${createHash('sha256').update(content).digest('hex')}`
}

/**
 * Refuses a plan of another repository, commit or root module, each with its own sentence.
 * @throws {Failure}
 */
export function checkOrigins(plan: Binding, here: Origins): void {
  refuseUnless(plan.repository === here.repository, {
    cause: `the plan was made for the repository ${plan.repository}, and this is ${here.repository}`,
    advice: 'give the plan-id of a terraform-plan step of this repository',
  })
  refuseUnless(plan.headSha === here.headSha, {
    cause: `the plan was made for commit ${short(plan.headSha)}, and this run is about ${short(here.headSha)}`,
    advice:
      'plan this commit, or name the planned commit with "head-sha" (for example the head of the merged pull request)',
  })
  refuseUnless(plan.workingDirectory === here.workingDirectory, {
    cause: `the plan was made in "${plan.workingDirectory}", and "working-directory" is "${here.workingDirectory}"`,
    advice: 'give both actions the same working-directory',
  })
}

/** Refuses a plan made with other providers. @param lockFile the checkout's lock file @throws {Failure} */
export function checkLockFile(plan: Binding, lockFile: string | undefined): void {
  refuseUnless(lockFile === undefined || hashOf(lockFile) === plan.lockFile, {
    cause: `the plan was made with another ${LOCK_FILE} than the one in the checkout`,
    advice: `plan again with the ${LOCK_FILE} of this checkout`,
  })
}

/** Refuses a plan of another workspace, backend or tool version. @throws {Failure} */
export function checkSurroundings(
  plan: Binding,
  here: {readonly workspace: string; readonly backend: Backend; readonly tool: string; readonly toolVersion: string},
): void {
  refuseUnless(plan.workspace === here.workspace, {
    cause: `the plan was made in the workspace "${plan.workspace}", and this is "${here.workspace}"`,
    advice: `set "workspace: ${plan.workspace}", or plan in this workspace`,
  })
  const [planned, used] = [`${plan.backendType} ${canonicalJson(plan.backendPlace)}`, backendText(here.backend)]
  refuseUnless(planned === used, {
    cause: `the plan was made with the state at ${planned}, and this is ${used}`,
    advice: 'give both actions the same backend-config',
  })
  const tool = `${here.tool} ${here.toolVersion}`
  refuseUnless(`${plan.tool} ${plan.toolVersion}` === tool, {
    cause: `the plan was made by ${plan.tool} ${plan.toolVersion}, and this is ${tool}`,
    advice: `use ${plan.tool} ${plan.toolVersion} here, or plan again`,
  })
}

function backendText({type, place}: Backend): string {
  return `${type} ${canonicalJson(place)}`
}

/** Refuses a binary plan that is not the one the binding speaks of. @throws {Failure} */
export function checkPlanHash(plan: Binding, file: Uint8Array): void {
  refuseUnless(hashOf(file) === plan.planHash, {
    cause: 'the saved plan is not the one that was planned: its hash is another',
    advice: 'plan again; find out who wrote to the plan store',
  })
}

function refuseUnless(holds: boolean, {cause, advice}: {readonly cause: string; readonly advice: string}): void {
  if (holds) return
  throw new Failure({reason: 'plan-rejected', subject: 'Saved plan', cause, advice, undo: 'nothing was changed'})
}

function short(sha: string): string {
  return sha === '' ? '(unknown)' : sha.slice(0, 12)
}
