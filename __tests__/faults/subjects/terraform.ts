import {randomUUID} from 'node:crypto'
import {execFileSync} from 'node:child_process'
import {chmodSync, existsSync, mkdirSync, mkdtempSync, readFileSync, rmSync, writeFileSync} from 'node:fs'
import {tmpdir} from 'node:os'
import {join} from 'node:path'
import {startArtifacts} from '../../support/artifact-service.ts'
import type {ArtifactServer} from '../../support/artifact-service.ts'
import {spawnAction} from '../../support/spawn-action.ts'
import type {ActionCall} from '../../support/spawn-action.ts'
import type {Noise, Room, RoomWish, Standing, Subject} from '../core/model.ts'
import {faultProxy} from '../core/proxy.ts'
import type {FaultProxy} from '../core/proxy.ts'
import {closeAll} from './aws-room.ts'

const CONFIG = `terraform {
  backend "local" {}
}
variable "secret" { sensitive = true }
resource "terraform_data" "a" {
  input = var.secret
}
resource "terraform_data" "slow" {
  provisioner "local-exec" { command = "exec sleep 1" }
}
`

/** A root, its plan store behind a proxy, and terraform on PATH. */
interface Stage {
  readonly folder: string
  readonly proxy: FaultProxy
  readonly service: ArtifactServer
  readonly secret: string
  readonly key: string
  readonly call: ActionCall
}

const NOISES: Readonly<Record<Noise, string>> = {
  flood: 'head -c 104857600 /dev/zero | tr "\\0" "x" | fold -w 200 >&2',
  'broken-utf8': 'printf "\\377\\376 \\303\\050 warning\\n" >&2',
}

async function stage(noise: Noise | undefined): Promise<Stage> {
  const folder = mkdtempSync(join(tmpdir(), 'slipway-root-'))
  for (const name of ['infra', 'bin']) mkdirSync(join(folder, name))
  writeFileSync(join(folder, 'infra/main.tf'), CONFIG)
  terraform(join(folder, 'bin'), noise)
  const service = await startArtifacts()
  const proxy = await faultProxy({port: Number(new URL(service.env['ACTIONS_RESULTS_URL'] ?? '').port)})
  const [secret, key] = [`var-${randomUUID()}`, `key-${randomUUID()}`]
  const call: ActionCall = {
    workspace: folder,
    path: [join(folder, 'bin')],
    inputs: {
      'working-directory': 'infra',
      'backend-config': `path=${folder}/state/terraform.tfstate`,
      'plan-store': 'artifact',
      'plan-key': key,
      variables: `secret=${secret}`,
    },
    env: {...service.env, ACTIONS_RESULTS_URL: `http://${proxy.host}/`, CHECKPOINT_DISABLE: '1'},
  }
  return {folder, proxy, service, secret, key, call}
}

function terraform(bin: string, noise: Noise | undefined): void {
  const real = execFileSync('sh', ['-c', 'command -v terraform'], {encoding: 'utf8'}).trim()
  const line = noise === undefined ? '' : `case "$1" in plan|apply) ${NOISES[noise]} ;; esac\n`
  writeFileSync(join(bin, 'terraform'), `#!/bin/sh\n${line}exec ${real} "$@"\n`)
  chmodSync(join(bin, 'terraform'), 0o755)
}

function standing(folder: string): Standing {
  const file = join(folder, 'state/terraform.tfstate')
  if (!existsSync(file)) return 'before'
  try {
    const {resources} = JSON.parse(readFileSync(file, 'utf8')) as {resources: readonly {instances: readonly object[]}[]}
    const made = resources.filter(({instances}) => instances.every((one) => !('status' in one)) && instances.length > 0)
    return made.length === 2 ? 'wanted' : made.length === 0 && resources.length === 0 ? 'before' : 'between'
  } catch {
    return 'between'
  }
}

function lock(folder: string): string[] {
  return existsSync(join(folder, 'state/.terraform.tfstate.lock.info')) ? ['the lock of the state is left'] : []
}

function brokenState(folder: string): string[] {
  const file = join(folder, 'state/terraform.tfstate')
  try {
    if (existsSync(file)) JSON.parse(readFileSync(file, 'utf8'))
    return []
  } catch {
    return ['the state is half written']
  }
}

const close =
  ({folder, proxy, service}: Stage) =>
  async (): Promise<void> => {
    await closeAll(proxy, service)
    rmSync(folder, {recursive: true, force: true})
  }

async function planRoom({noise}: RoomWish): Promise<Room> {
  const made = await stage(noise)
  const {folder, proxy, service, secret, key, call} = made
  const next = {...call, env: {...call.env, GITHUB_RUN_ATTEMPT: '2'}}
  return {
    proxies: [proxy],
    dialect: 'plain',
    secrets: [secret, key],
    handedOn: /\.(?:tfplan|json|txt)$|plan/,
    call,
    standing: () => (service.artifacts.size > 0 ? 'wanted' : 'before'),
    changes: () => service.artifacts.size,
    left: () => [...lock(folder), ...service.violations],
    shown: () => [...service.artifacts.values()].map((zip) => zip.toString('latin1')).join(''),
    again: () => next,
    close: close(made),
  }
}

async function applyRoom({noise}: RoomWish): Promise<Room> {
  const made = await stage(noise)
  const {folder, proxy, service, secret, key, call} = made
  const plan = async (attempt: string): Promise<ActionCall> => {
    const run = {...call.env, GITHUB_RUN_ATTEMPT: attempt}
    const planned = await spawnAction('terraform-plan', {...call, env: run})
    if (planned.code !== 0) throw new Error(planned.log)
    return {...call, env: run, inputs: {...call.inputs, 'plan-id': planned.outputs['plan-id'] ?? ''}}
  }
  return {
    proxies: [proxy],
    dialect: 'plain',
    secrets: [secret, key],
    call: await plan('1'),
    standing: () => standing(folder),
    changes: () => (standing(folder) === 'before' ? 0 : 1),
    left: () => [...lock(folder), ...brokenState(folder), ...service.violations],
    again: () => plan('2'),
    close: close(made),
  }
}

const TWIRP = '/twirp/github.actions.results.api.v1.ArtifactService/'
const common = {tools: true, reachable: true, limitMs: 240_000} as const

/** A plan that is kept as an artifact, and the apply of such a plan. */
export const TERRAFORM: readonly Subject[] = [
  {
    ...common,
    action: 'terraform-plan',
    situation: 'kept as an artifact',
    post: false,
    settles: 'never',
    phases: [
      {name: 'init', line: /init/},
      {name: 'plan', line: /terraform plan/},
      {name: 'keep', request: ({name}) => name === `POST ${TWIRP}CreateArtifact`},
      {name: 'finish', request: ({name}) => name === `POST ${TWIRP}FinalizeArtifact`},
    ],
    room: planRoom,
  },
  {
    ...common,
    action: 'terraform-apply',
    situation: 'reviewed plan',
    post: true,
    settles: 'never',
    phases: [
      {name: 'fetch', request: ({name}) => name === `POST ${TWIRP}ListArtifacts`},
      {name: 'apply', line: /slow/},
      {name: 'read outputs', line: /slow created/},
    ],
    room: applyRoom,
  },
]
