import {join} from 'node:path'
import type {Part, Starting, World} from '../core/part.ts'
import type {LabPaths} from '../core/paths.ts'
import {attempt, must} from '../core/run.ts'
import type {PartState} from '../core/state.ts'
import {installFolder, type Install} from '../install/install.ts'
import {nodeStandIn} from '../install/node-image.ts'
import {engineEnv} from './docker.ts'

const INSTALL = 'base-image'
/** The base image of the sample's Dockerfile. */
export const BASE_IMAGE = 'node:24-alpine'

const HUB = 'https://registry-1.docker.io/v2/'

/** Whether a hub answers; any answer will do, as it asks for a login first. */
async function hubAnswers(): Promise<boolean> {
  try {
    return (await fetch(HUB, {signal: AbortSignal.timeout(5000)})).status === 401
  } catch {
    return false
  }
}

/** Folder of the stand-in, an OCI image layout. */
export function standInLayout(paths: LabPaths): string {
  return join(installFolder(paths, INSTALL), 'layout')
}

async function installs(): Promise<Install[]> {
  return (await hubAnswers()) ? [] : [nodeStandIn(INSTALL, BASE_IMAGE)]
}

async function start(lab: Starting): Promise<void> {
  if (await hubAnswers()) {
    lab.note({version: BASE_IMAGE, address: 'docker.io', borrowed: true, notes: {standIn: 'no'}})
    return
  }
  const env = {...engineEnv(lab), ...lab.part('docker').vars}
  await must(['docker', 'load', '--input', join(installFolder(lab.paths, INSTALL), 'image.tar')], {env})
  lab.say(`  ! No container hub can be reached: ${BASE_IMAGE} is a stand-in made here (Node 24, npm and busybox).`)
  lab.note({
    version: `${BASE_IMAGE} (stand-in)`,
    address: `oci-layout://${standInLayout(lab.paths)}`,
    notes: {standIn: 'yes', dockerHost: lab.part('docker').vars['DOCKER_HOST'] ?? ''},
  })
}

/** An engine that was started anew has lost the stand-in. */
async function health(world: World, state: PartState): Promise<string | undefined> {
  if (state.notes['standIn'] !== 'yes') return undefined
  const env = {...engineEnv(world), DOCKER_HOST: state.notes['dockerHost']}
  const found = await attempt(['docker', 'image', 'inspect', BASE_IMAGE], {env, timeout: 10_000})
  return found.code === 0 ? undefined : `${BASE_IMAGE} is not in the engine`
}

/** The base image of the sample: the hub's own, or one made here under the same name. */
export const baseImage: Part = {
  name: 'base-image',
  after: ['docker'],
  installs,
  start,
  health,
  stop: () => Promise.resolve(),
}
