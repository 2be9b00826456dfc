import {mkdirSync, mkdtempSync, rmSync, writeFileSync} from 'node:fs'
import {tmpdir} from 'node:os'
import {join} from 'node:path'
import {spawnAction} from './spawn-action.ts'
import type {ActionCall, ActionResult} from './spawn-action.ts'

/** A root module on disk, and the two actions called on it: real Terraform, its built-in provider, a local state. */
export interface TerraformRoot {
  readonly folder: string
  /** Writes main.tf. */
  write(config: string, file?: string): void
  plan(inputs?: Inputs, call?: ActionCall): Promise<ActionResult>
  apply(inputs?: Inputs, call?: ActionCall): Promise<ActionResult>
  /** Plans and applies, and asserts that both were green. */
  settle(config: string): Promise<void>
  remove(): void
}

type Inputs = Readonly<Record<string, string>>

/** The key that seals the plans of tests. */
export const PLAN_KEY = 'k3y-of-the-tests-k3y'

/**
 * @param given inputs of both actions, over the defaults of tests
 * @param backend the kind of state; `given` then configures it
 */
export function terraformRoot(given: Inputs = {}, backend = 'local'): TerraformRoot {
  const folder = mkdtempSync(join(tmpdir(), 'slipway-root-'))
  const common = {
    'working-directory': 'infra',
    'backend-config': `path=${folder}/state/terraform.tfstate`,
    'plan-store': 'plans',
    'plan-key': PLAN_KEY,
    ...given,
  }
  mkdirSync(join(folder, 'infra'))
  const run = (action: string) => (inputs?: Inputs, call?: ActionCall) =>
    spawnAction(action, {...call, workspace: folder, inputs: {...common, ...inputs}})
  const root: TerraformRoot = {
    folder,
    write: (config, file = 'infra/main.tf') => {
      writeFileSync(join(folder, file), `terraform {\n  backend "${backend}" {}\n}\n${config}`)
    },
    plan: run('terraform-plan'),
    apply: run('terraform-apply'),
    settle: async (config) => {
      root.write(config)
      const planned = await root.plan()
      const applied = await root.apply({'plan-id': planned.outputs['plan-id'] ?? ''})
      if (planned.code !== 0 || applied.code !== 0) throw new Error(`${planned.log}\n${applied.log}`)
    },
    remove: () => {
      rmSync(folder, {recursive: true, force: true})
    },
  }
  return root
}

/** A `terraform_data` resource. */
export function data(name: string, body = ''): string {
  return `resource "terraform_data" "${name}" {\n${body}\n}\n`
}
