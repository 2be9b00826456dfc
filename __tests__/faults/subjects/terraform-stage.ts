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
  provisioner "local-exec" { command = "echo \${self.id} >> ../made; exec sleep 1" }
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
      const env = {...process.env, TF_VAR_secret: secret}
      await promisify(execFile)(tool, argv, {cwd: join(folder, 'infra'), env})
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
export function timesMade(stage: Stage): number {
  return idsMade(stage).length
}

function idsMade({folder}: Stage): string[] {
  const file = join(folder, 'made')
  return existsSync(file) ? readFileSync(file, 'utf8').trim().split('\n') : []
}

/** The state that terraform could not write, beside the root; undefined where there is none. */
export function stateLeft({folder}: Stage): string | undefined {
  const file = join(folder, 'infra/errored.tfstate')
  return existsSync(file) ? readFileSync(file, 'utf8') : undefined
}

/** A state that is no state. */
export function brokenState(stage: Stage): string[] {
  try {
    stateOf(stage.backend.state())
    return []
  } catch {
    return ['the state is half written']
  }
}

/** The ids of what was made and stands in no state. */
function lost(stage: Stage): string[] {
  const states = [stage.backend.state(), stateLeft(stage) ?? ''].join('')
  return idsMade(stage).filter((id) => !states.includes(id))
}

/**
 * What must be said to a person, as it is theirs to mend: a lock that is still held, a state that is only a file or is
 * sealed, what was made and stands in no state at all.
 */
export function toSay(stage: Stage): string[] {
  const {backend, service} = stage
  const kept = [...service.artifacts.keys()].filter((name) => name.startsWith('slipway-state'))
  const texts = [
    backend.lock(),
    stateLeft(stage) && 'errored.tfstate',
    ...kept,
    ...(kept.length > 0 ? [] : lost(stage)),
  ]
  return texts.filter((text) => text !== undefined)
}

/** Mends both as they were told to. */
export async function mendByHand(stage: Stage): Promise<void> {
  const lock = stage.backend.lock()
  if (lock !== undefined) await stage.terraform('force-unlock', '-force', lock)
  const kept = [...stage.service.artifacts.keys()].some((name) => name.startsWith('slipway-state'))
  for (const id of kept ? [] : lost(stage)) await stage.terraform('import', 'terraform_data.slow', id)
  if (stateLeft(stage) === undefined) return
  await stage.terraform('state', 'push', 'errored.tfstate')
  rmSync(join(stage.folder, 'infra/errored.tfstate'))
}
