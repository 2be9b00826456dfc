import {readdirSync, readFileSync} from 'node:fs'
import {join} from 'node:path'
import {ECRClient, paginateDescribeImages} from '@aws-sdk/client-ecr'
import {ECSClient, paginateListTaskDefinitions} from '@aws-sdk/client-ecs'
import {labPaths} from '../../../lab/core/paths.ts'
import {readState} from '../../../lab/core/state.ts'
import {labAwsConnection} from '../../support/lab-aws.ts'
import type {LabKube} from '../../support/lab-kube.ts'
import {processesOf} from '../core/watcher.ts'
import type {Corner} from './corner.ts'
import type {Measure} from './judge.ts'

/** What the deliveries so far were asked to make. */
export interface Asked {
  images: number
  /** Builds that were started, those of a run after a red one included. */
  builds: number
  plans: number
  revisions: number
}

const GRACE_MS = 1500
const LOGIN = /"auth"\s*:|current-context:|client-key-data/

/** What must not grow. @param id of the soak's processes @param peak MiB of the delivery that has just ended */
export function measuresOf(corner: Corner, id: string, asked: Asked, peak: () => number): readonly Measure[] {
  const {folder, kube} = corner
  const nothing = (name: string, noise: number, there: () => number | Promise<number>): Measure => ({
    name,
    noise,
    count: async () => ({there: await there(), asked: 0}),
  })
  const things = (kind: string): Measure =>
    nothing(`${kind} in the namespace`, 0, () => lines(kube.kubectl('get', kind, '-n', kube.namespace, '-o', 'name')))
  const docker = (name: string, noise: number, ...argv: readonly string[]): Measure =>
    nothing(name, noise, () => lines(kube.run('docker', argv)))
  return [
    ...processMeasures(id, folder, peak),
    nothing('containers that run', 1, () => containers(kube, 'running')),
    // Those that ended are the host's to remove, some time later.
    nothing('containers that have ended', 10, () => containers(kube, 'exited')),
    docker('networks of Docker', 2, 'network', 'ls', '--quiet'),
    docker('volumes of Docker', 2, 'volume', 'ls', '--quiet'),
    nothing('images of Docker without a name', 2, () => dangling(kube).filter((name) => name === '<none>').length),
    {
      name: 'images that the host of ECS has pulled',
      noise: 0,
      count: () => ({there: dangling(kube).filter((name) => name === kube.image).length, asked: asked.revisions}),
    },
    {
      name: 'notes that buildx keeps about each build',
      noise: 0,
      count: () => ({there: notes(folder), asked: asked.builds}),
    },
    {
      name: 'plans that are kept',
      noise: 0,
      count: () => ({there: readdirSync(join(folder, 'plans')).length, asked: asked.plans}),
    },
    {
      name: 'images in the registry',
      noise: 0,
      count: async () => ({there: await tagged(kube.namespace), asked: asked.images}),
    },
    {
      name: 'task definition revisions',
      noise: 0,
      count: async () => ({there: await revisions(corner.ecs.family), asked: asked.revisions}),
    },
    ...['secrets', 'configmaps', 'pods', 'jobs'].map(things),
    nothing('comments on the pull request', 0, () => corner.comments.length),
  ]
}

/** Those of the machine that the actions run on. */
export function processMeasures(id: string, folder: string, peak: () => number): readonly Measure[] {
  const nothing = (name: string, noise: number, there: () => number | Promise<number>): Measure => ({
    name,
    noise,
    count: async () => ({there: await there(), asked: 0}),
  })
  return [
    nothing('processes left', 0, () => processesLeft(id)),
    nothing('descriptors of this process', 10, () => descriptors('self')),
    nothing("descriptors of the lab's daemons", 60, daemonDescriptors),
    nothing('memory of an action at most, MiB', 20, peak),
    // What terraform keeps of a root is there from its first plan on.
    nothing('files in temp, home, checkout and the settings of Docker', 2, () => files(folder).length - notes(folder)),
    nothing('files with a login', 0, () => files(folder, ['runner', 'tmp', 'home', 'docker']).filter(hasLogin).length),
  ]
}

function containers({run, image}: LabKube, status: 'running' | 'exited'): number {
  const argv = ['ps', '--all', '--filter', `status=${status}`, '--format', '{{.Image}}']
  return run('docker', argv)
    .split('\n')
    .filter((name) => name.startsWith(image)).length
}

// By their repositories: what was pulled by its digest has one, what a build left has none.
function dangling(kube: LabKube): string[] {
  const argv = ['images', '--filter', 'dangling=true', '--format', '{{.Repository}}']
  return kube.run('docker', argv).split('\n')
}

// Children that are ending get a moment for it.
async function processesLeft(id: string): Promise<number> {
  const until = Date.now() + GRACE_MS
  while (processesOf(id).length > 0 && Date.now() < until) await new Promise((resolve) => setTimeout(resolve, 50))
  return processesOf(id).length
}

function descriptors(pid: number | 'self'): number {
  try {
    return readdirSync(`/proc/${String(pid)}/fd`).length
  } catch {
    return 0
  }
}

function daemonDescriptors(): number {
  const daemons = Object.values(readState(labPaths()).parts).flatMap((part) => part.daemons)
  return daemons.reduce((sum, {pid}) => sum + descriptors(pid), 0)
}

function files(folder: string, below = ['tmp', 'home', 'checkout', 'root', 'docker']): string[] {
  return below.flatMap((name) => {
    const entries = readdirSync(join(folder, name), {withFileTypes: true, recursive: true})
    return entries.filter((entry) => entry.isFile()).map((entry) => join(entry.parentPath, entry.name))
  })
}

// By itself, until somebody calls "docker buildx history rm": https://docs.docker.com/reference/cli/docker/buildx/history/rm/
const notes = (folder: string): number => files(folder, ['docker']).filter((path) => path.includes('/refs/')).length

function hasLogin(path: string): boolean {
  try {
    return LOGIN.test(readFileSync(path, 'latin1'))
  } catch {
    return false
  }
}

const lines = (text: string): number => text.split('\n').filter((line) => line !== '').length

async function tagged(repositoryName: string): Promise<number> {
  const ecr = new ECRClient(labAwsConnection)
  let count = 0
  for await (const {imageDetails = []} of paginateDescribeImages({client: ecr}, {repositoryName})) {
    count += imageDetails.filter(({imageTags = []}) => imageTags.length > 0).length
  }
  ecr.destroy()
  return count
}

async function revisions(familyPrefix: string): Promise<number> {
  const client = new ECSClient(labAwsConnection)
  let count = 0
  for await (const {taskDefinitionArns = []} of paginateListTaskDefinitions({client}, {familyPrefix})) {
    count += taskDefinitionArns.length
  }
  client.destroy()
  return count
}
