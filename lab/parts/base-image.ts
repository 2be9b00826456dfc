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

const STAND_IN_LABEL = '{{index .Config.Labels "slipway.lab.stand-in"}}'

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
  // An engine of the user's own may hold the real image; its name must go on meaning that.
  const present = await attempt(['docker', 'image', 'inspect', '--format', STAND_IN_LABEL, BASE_IMAGE], {env})
  if (present.code !== 0 || present.stdout.trim() === BASE_IMAGE) {
    await must(['docker', 'load', '--input', join(installFolder(lab.paths, INSTALL), 'image.tar')], {env})
  }
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

/** A stand-in under a public name must not stay in an engine that goes on running. */
async function stop(world: World, state: PartState): Promise<void> {
  if (state.notes['standIn'] !== 'yes') return
  const env = {...engineEnv(world), DOCKER_HOST: state.notes['dockerHost']}
  const listed = ['docker', 'images', '--quiet', '--filter', 'label=slipway.lab.stand-in', BASE_IMAGE]
  const ids = (await attempt(listed, {env, timeout: 20_000})).stdout.split('\n').filter(Boolean)
  if (ids.length > 0) await attempt(['docker', 'image', 'rm', '--force', ...ids], {env, timeout: 60_000})
}

/** The base image of the sample: the hub's own, or one made here under the same name. */
export const baseImage: Part = {
  name: 'base-image',
  after: ['docker'],
  installs,
  start,
  health,
  stop,
}
