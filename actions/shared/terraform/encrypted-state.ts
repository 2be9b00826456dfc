import {mkdir, rm, symlink, writeFile} from 'node:fs/promises'
import {existsSync} from 'node:fs'
import {join} from 'node:path'
import {lastWords} from '../core/exec.ts'
import {privateFolder, writePrivateFile} from '../core/files.ts'
import {pullState} from './pull-state.ts'
import {openSession} from './session.ts'
import type {Session} from './session.ts'
import {readStateFile} from './state-file.ts'

/** Files of this ending are read last and decide (https://opentofu.org/docs/language/files/override/). */
const OVERRIDE = 'slipway_state_override.tf'

/** Removes what a run that was killed may have left in the folder of a root: it would decide where every later run looks. */
export async function forgetOverride(folder: string): Promise<void> {
  await rm(join(folder, OVERRIDE), {force: true})
}

/** A state as plain text, or why it cannot be had so. */
export type Opened = {readonly kind: 'plain'; readonly state: string} | {readonly kind: 'closed'; readonly why: string}

/**
 * Opens a state that OpenTofu encrypted, by OpenTofu: it leaves a lost state encrypted, and its own `state push` reads no
 * encrypted file (https://opentofu.org/docs/language/state/encryption/). Read as the state of a local backend, with
 * the keys that the configuration or TF_ENCRYPTION names, it comes out of `state pull` as it went in. Anything that is
 * not encrypted is given back as it is.
 */
export async function openState(session: Session, state: string): Promise<Opened> {
  const file = readStateFile(state)
  if (file === undefined || file.objects !== undefined) return {kind: 'plain', state}
  const folder = await privateFolder(session.world.env, 'slipway-state')
  try {
    await writePrivateFile(join(folder, 'lost.tfstate'), state)
    await writeFile(join(session.folder, OVERRIDE), localBackend(join(folder, 'lost.tfstate')))
    return await pulledFrom(await sessionBeside(session, join(folder, 'data')))
  } finally {
    await forgetOverride(session.folder)
    await rm(folder, {recursive: true, force: true})
  }
}

function localBackend(path: string): string {
  return `terraform {\n  backend "local" {\n    path = ${JSON.stringify(path)}\n  }\n}\n`
}

// The data folder of the root knows its backend, which must not be touched; modules and providers are there already.
async function sessionBeside({world, tool, folder, root, dataFolder}: Session, data: string): Promise<Session> {
  await mkdir(data)
  for (const name of ['modules', 'providers']) {
    if (existsSync(join(dataFolder, name))) await symlink(join(dataFolder, name), join(data, name))
  }
  return openSession(world, tool, {folder, root, env: {TF_DATA_DIR: data, TF_WORKSPACE: 'default'}})
}

async function pulledFrom(session: Session): Promise<Opened> {
  const begun = await session.call(['init', '-reconfigure', '-input=false', '-no-color'])
  if (begun.code !== 0) return {kind: 'closed', why: lastWords(session.tool.name, begun)}
  const pulled = await pullState(session)
  return typeof pulled === 'string'
    ? {kind: 'plain', state: pulled}
    : {kind: 'closed', why: lastWords(session.tool.name, pulled)}
}
