import {mkdtempSync, rmSync, writeFileSync} from 'node:fs'
import {tmpdir} from 'node:os'
import {join} from 'node:path'
import type {Opened, Row} from '../core/row.ts'
import type {Cost} from '../core/step.ts'
import {ourAction, runStep, runTool} from '../core/step.ts'

const CONFIG = `terraform {
  backend "local" {}
}
resource "terraform_data" "it" {
  count = 10
  input = count.index
}
`
const BARE =
  'terraform init -input=false && terraform plan -input=false -out=plan && terraform show -json plan > plan.json'

/** The tool alone, as a script of three lines would call it. */
async function bare(): Promise<Cost> {
  const folder = mkdtempSync(join(tmpdir(), 'slipway-bench-bare-'))
  try {
    writeFileSync(join(folder, 'main.tf'), CONFIG)
    const {PATH: path = '', HOME: home = folder} = process.env
    const env = {PATH: path, HOME: home, CHECKPOINT_DISABLE: '1', TF_IN_AUTOMATION: '1'}
    return await runTool(['sh', '-c', BARE], {cwd: folder, env, exits: 0, says: /10 to add/})
  } finally {
    rmSync(folder, {recursive: true, force: true})
  }
}

async function step(): Promise<Cost> {
  return await runStep(ourAction('terraform-plan'), {
    exits: 0,
    says: /to-add[^]*?10/,
    files: {'infra/main.tf': CONFIG},
    inputs: {
      'working-directory': 'infra',
      'plan-store': 'plans',
      'plan-key': 'a-key-of-the-benchmarks',
      comment: 'never',
    },
  })
}

/** What terraform-plan adds to the tool that it calls. */
export const terraformOverhead: Row = {
  name: 'terraform-overhead',
  title: 'Over bare init, plan and show',
  how: 'A root of ten `terraform_data`, planned by the real tool: the whole step (which also reads, guards, shows, seals and stores the plan) less a script of `init`, `plan -out` and `show -json`, one right after the other.',
  needsLab: false,
  open: (): Promise<Opened> =>
    Promise.resolve({
      cases: [
        {
          name: '10 resources',
          measures: [
            {name: 'overhead, wall', unit: 's', goal: {kind: 'at-most', max: 0.4}},
            {name: 'overhead, cpu', unit: 's'},
            {name: 'wall', unit: 's'},
          ],
          ours: async () => {
            const [alone, whole] = [await bare(), await step()]
            return {
              'overhead, wall': whole.wall - alone.wall,
              'overhead, cpu': whole.cpu - alone.cpu,
              wall: whole.wall,
            }
          },
        },
      ],
      close: () => Promise.resolve(),
    }),
}
