import {randomUUID} from 'node:crypto'
import {execFile, execFileSync} from 'node:child_process'
import {chmodSync, existsSync, mkdirSync, mkdtempSync, readFileSync, rmSync, writeFileSync} from 'node:fs'
import {tmpdir} from 'node:os'
import {join} from 'node:path'
import {promisify} from 'node:util'
import {startArtifacts} from '../../support/artifact-service.ts'
import type {ArtifactServer} from '../../support/artifact-service.ts'
import type {ActionCall} from '../../support/spawn-action.ts'
import {startStateServer} from '../../support/state-server.ts'
import type {StateServer} from '../../support/state-server.ts'
import type {Noise, Standing} from '../core/model.ts'
import {faultProxy} from '../core/proxy.ts'
import type {FaultProxy} from '../core/proxy.ts'
import {closeAll} from './aws-room.ts'
import {noiseLine} from './noise.ts'

/** A root, terraform on PATH, and behind a proxy each where its state and where its plans are kept. */
export interface Stage {
  readonly folder: string
  readonly proxies: readonly FaultProxy[]
  readonly service: ArtifactServer
  readonly backend: StateServer
  readonly secrets: readonly [string, string]
  readonly call: ActionCall
  /** Terraform itself in the root, as a person calls it. @throws {Error} when it fails */
  terraform(...argv: string[]): Promise<void>
  close(): Promise<void>
}

// Every time that it is made leaves a line: a second apply of the same is seen.
const CONFIG = `terraform {
  backend "http" {}
}
variable "secret" { sensitive = true }
resource "terraform_data" "a" {
  input = var.secret
}
resource "terraform_data" "slow" {
  provisioner "local-exec" { command = "echo made >> ../made; exec sleep 1" }
}
output "id" {
  value = terraform_data.slow.id
}
`
const BREAKS = `resource "terraform_data" "breaks" {
  depends_on = [terraform_data.slow]
  provisioner "local-exec" { command = "exit 3" }
}
`

/** @param breaks whether a resource fails once the others are made */
export async function terraformStage(noise: Noise | undefined, breaks = false): Promise<Stage> {
  const folder = mkdtempSync(join(tmpdir(), 'slipway-root-'))
  for (const name of ['infra', 'bin']) mkdirSync(join(folder, name))
  writeFileSync(join(folder, 'infra/main.tf'), breaks ? CONFIG + BREAKS : CONFIG)
  const tool = fakeTerraform(join(folder, 'bin'), noise)
  const [service, backend] = await Promise.all([startArtifacts(), startStateServer()])
  const plans = await faultProxy({port: portOf(service.env['ACTIONS_RESULTS_URL'])})
  const states = await faultProxy({port: portOf(backend.url)})
  const [secret, key] = [`var-${randomUUID()}`, `key-${randomUUID()}`]
  const call: ActionCall = {
    workspace: folder,
    path: [join(folder, 'bin')],
    inputs: {
      'working-directory': 'infra',
      'backend-config': [
        `address=http://${states.host}/state`,
        `lock_address=http://${states.host}/lock`,
        `unlock_address=http://${states.host}/lock`,
      ].join('\n'),
      'plan-store': 'artifact',
      'plan-key': key,
      variables: `secret=${secret}`,
    },
    env: {...service.env, ACTIONS_RESULTS_URL: `http://${plans.host}/`, CHECKPOINT_DISABLE: '1'},
  }
  return {
    folder,
    proxies: [plans, states],
    service,
    backend,
    secrets: [secret, key],
    call,
    terraform: async (...argv) => {
      await promisify(execFile)(tool, argv, {cwd: join(folder, 'infra')})
    },
    close: async () => {
      await closeAll(plans, states, service, backend)
      rmSync(folder, {recursive: true, force: true})
    },
  }
}

const portOf = (url = ''): number => Number(new URL(url).port)

function fakeTerraform(bin: string, noise: Noise | undefined): string {
  const real = execFileSync('sh', ['-c', 'command -v terraform'], {encoding: 'utf8'}).trim()
  writeFileSync(join(bin, 'terraform'), `#!/bin/sh\n${noiseLine(noise)}exec ${real} "$@"\n`)
  chmodSync(join(bin, 'terraform'), 0o755)
  return real
}

/** Where the state stands, of so many resources that are wanted. */
export function stateStanding({backend}: Stage, wanted: number): Standing {
  const {resources} = stateOf(backend.state())
  if (resources.length === 0) return 'before'
  const made = resources.filter(({instances}) => instances.length > 0 && instances.every((one) => !('status' in one)))
  return made.length === wanted ? 'wanted' : 'between'
}

interface State {
  readonly resources: readonly {readonly name: string; readonly instances: readonly object[]}[]
}

function stateOf(text: string): State {
  return text === '' ? {resources: []} : (JSON.parse(text) as State)
}

/** How often the slow resource was made. */
export function timesMade({folder}: Stage): number {
  return existsSync(join(folder, 'made')) ? readFileSync(join(folder, 'made'), 'utf8').trim().split('\n').length : 0
}

/** The state that terraform could not write, beside the root; undefined where there is none. */
export function stateLeft({folder}: Stage): string | undefined {
  const file = join(folder, 'infra/errored.tfstate')
  return existsSync(file) ? readFileSync(file, 'utf8') : undefined
}

/** What was made and stands in no state, and a state that is no state. */
export function lostState(stage: Stage): string[] {
  const states = [stage.backend.state(), stateLeft(stage) ?? '']
  try {
    const known = states.flatMap((text) => stateOf(text).resources.map(({name}) => name))
    return timesMade(stage) > 0 && !known.includes('slow') ? ['what was made is in no state'] : []
  } catch {
    return ['the state is half written']
  }
}

/** What must be said to a person, as it is theirs to mend: a lock that is still held, a state that is only a file. */
export function toSay(stage: Stage): string[] {
  return [stage.backend.lock(), stateLeft(stage) && 'errored.tfstate'].filter((text) => text !== undefined)
}

/** Mends both as they were told to. */
export async function mendByHand(stage: Stage): Promise<void> {
  const lock = stage.backend.lock()
  if (lock !== undefined) await stage.terraform('force-unlock', '-force', lock)
  if (stateLeft(stage) === undefined) return
  await stage.terraform('state', 'push', 'errored.tfstate')
  rmSync(join(stage.folder, 'infra/errored.tfstate'))
}
