/**
 * Records real plans for the tests: `node __tests__/shared/terraform/record-fixtures.ts` with terraform on PATH,
 * `node __tests__/shared/terraform/record-fixtures.ts tofu` for OpenTofu's (or the path of either). Only the built-in
 * provider is used, so nothing is downloaded and nothing but a temporary folder is touched.
 */
import {spawnSync} from 'node:child_process'
import {mkdirSync, mkdtempSync, rmSync, writeFileSync} from 'node:fs'
import {tmpdir} from 'node:os'
import {basename, join} from 'node:path'

interface Scenario {
  readonly name: string
  /** Configurations that are applied first, one after the other. An apply may fail: that is how objects get tainted. */
  readonly before: readonly string[]
  /** Commands that are run between the applies and the plan. */
  readonly meanwhile?: readonly (readonly string[])[]
  readonly config: string
  readonly plan?: readonly string[]
}

const data = (name: string, body: string): string => `resource "terraform_data" "${name}" {\n${body}\n}\n`

/** Data that only a check reads; what it reads is not there, which fails no plan. */
const CHECK =
  'check "neighbour" {\n  data "terraform_remote_state" "other" {\n    backend = "local"\n    config  = { path = "other.tfstate" }\n  }\n' +
  '  assert {\n    condition     = data.terraform_remote_state.other.outputs.x == "two"\n    error_message = "The neighbour is not two."\n  }\n}\n'

const NOTIFY =
  'action "local_command" "notify" {\n  config {\n    command = "true"\n    stdin   = var.secret\n  }\n}\n' +
  'variable "secret" {\n  default   = "s3cr3t-stdin"\n  sensitive = true\n}\n'

/**
 * What the releases of Terraform here do not have yet: an experimental build called `terraform-next`, with the provider
 * hashicorp/local by `dev_overrides`.
 */
const nextScenarios: readonly Scenario[] = [
  {
    name: 'invoke',
    before: [],
    config: `${NOTIFY}${data('a', 'lifecycle {\n  action_trigger {\n    events  = [after_create]\n    actions = [action.local_command.notify]\n  }\n}')}`,
  },
  {
    name: 'invoke-by-request',
    before: [data('a', '')],
    config: `${NOTIFY}${data('a', '')}`,
    plan: ['-invoke=action.local_command.notify'],
  },
  {
    name: 'deferred',
    before: [],
    config: `${data('a', '')}${data('b', 'for_each = toset([terraform_data.a.id])')}`,
    plan: ['-allow-deferral'],
  },
]

/** What only OpenTofu has. */
const tofuScenarios: readonly Scenario[] = [
  {
    name: 'replace-keep-old',
    before: [data('a', 'triggers_replace = "one"\nlifecycle { destroy = false }')],
    config: data('a', 'triggers_replace = "two"\nlifecycle { destroy = false }'),
  },
  {
    name: 'forget-by-lifecycle',
    before: [data('a', 'lifecycle { destroy = false }')],
    config: '',
  },
  {
    name: 'destroy-forgets',
    before: [data('a', 'lifecycle { destroy = false }')],
    config: data('a', 'lifecycle { destroy = false }'),
    plan: ['-destroy'],
  },
  {
    name: 'disabled',
    before: [data('a', 'lifecycle { enabled = true }')],
    config: data('a', 'lifecycle { enabled = false }'),
  },
  {
    name: 'excluded',
    before: [],
    config: `${data('a', '')}${data('b', '')}`,
    plan: ['-exclude=terraform_data.a'],
  },
]

const scenarios: readonly Scenario[] = [
  {name: 'create', before: [], config: data('a', 'input = "one"')},
  {name: 'update', before: [data('a', 'input = "one"')], config: data('a', 'input = "two"')},
  {name: 'delete', before: [data('a', 'input = "one"')], config: ''},
  {name: 'no-op', before: [data('a', 'input = "one"')], config: data('a', 'input = "one"')},
  {name: 'replace', before: [data('a', 'triggers_replace = "one"')], config: data('a', 'triggers_replace = "two"')},
  {
    name: 'replace-create-first',
    before: [data('a', 'triggers_replace = "one"\nlifecycle { create_before_destroy = true }')],
    config: data('a', 'triggers_replace = "two"\nlifecycle { create_before_destroy = true }'),
  },
  {
    name: 'replace-by-request',
    before: [data('a', 'input = "one"')],
    config: data('a', 'input = "one"'),
    plan: ['-replace=terraform_data.a'],
  },
  {
    name: 'replace-tainted',
    before: [data('a', 'provisioner "local-exec" { command = "exit 3" }')],
    config: data('a', ''),
  },
  {
    name: 'replace-triggered-by',
    before: [`${data('a', 'input = "one"')}${data('b', 'lifecycle { replace_triggered_by = [terraform_data.a] }')}`],
    config: `${data('a', 'input = "two"')}${data('b', 'lifecycle { replace_triggered_by = [terraform_data.a] }')}`,
  },
  {
    name: 'forget',
    before: [data('a', 'input = "one"')],
    config: 'removed {\n  from = terraform_data.a\n  lifecycle {\n    destroy = false\n  }\n}\n',
  },
  {
    name: 'move',
    before: [data('a', 'input = "one"')],
    config: `${data('b', 'input = "one"')}moved {\n  from = terraform_data.a\n  to   = terraform_data.b\n}\n`,
  },
  {
    name: 'move-and-update',
    before: [data('a', 'input = "one"')],
    config: `${data('b', 'input = "two"')}moved {\n  from = terraform_data.a\n  to   = terraform_data.b\n}\n`,
  },
  {
    name: 'import',
    before: [],
    config: `${data('a', '')}import {\n  to = terraform_data.a\n  id = "11111111-2222-3333-4444-555555555555"\n}\n`,
  },
  {
    name: 'import-and-update',
    before: [],
    config: `${data('a', 'input = "one"')}import {\n  to = terraform_data.a\n  id = "11111111-2222-3333-4444-555555555555"\n}\n`,
  },
  {
    name: 'read',
    before: [],
    config: `${data('a', '')}data "terraform_remote_state" "other" {\n  backend = "local"\n  config = { path = "\${terraform_data.a.id}.tfstate" }\n}\n`,
  },
  {
    name: 'deposed',
    before: [
      data(
        'a',
        'triggers_replace = "one"\nlifecycle { create_before_destroy = true }\nprovisioner "local-exec" {\n  when    = destroy\n  command = "exit 4"\n}',
      ),
      data(
        'a',
        'triggers_replace = "two"\nlifecycle { create_before_destroy = true }\nprovisioner "local-exec" {\n  when    = destroy\n  command = "exit 4"\n}',
      ),
    ],
    config: data('a', 'triggers_replace = "two"\nlifecycle { create_before_destroy = true }'),
  },
  {
    name: 'count-and-each',
    before: [`${data('counted', 'count = 2')}${data('each', 'for_each = toset(["x", "y"])')}${data('single', '')}`],
    config: `${data('counted', 'count = 1')}${data('each', 'for_each = toset(["x"])')}${data('single', 'count = 2')}`,
  },
  {
    name: 'outputs-only',
    before: ['output "gone" { value = "x" }\noutput "kept" { value = "one" }\n'],
    config:
      'output "kept" { value = "two" }\noutput "made" { value = { a = [1, 2], b = null } }\noutput "secret" {\n  value     = "s3cr3t-output"\n  sensitive = true\n}\n',
  },
  {
    name: 'sensitive',
    before: [
      `variable "p" {\n  default   = "s3cr3t-before"\n  sensitive = true\n}\n${data('a', 'input = { open = "one", password = var.p, list = ["x", var.p] }')}`,
    ],
    config: `variable "p" {\n  default   = "s3cr3t-after"\n  sensitive = true\n}\n${data('a', 'input = { open = "two", password = var.p, list = ["x", var.p] }')}`,
  },
  {
    name: 'checks',
    before: [],
    config: `${data('a', 'input = "one"')}check "health" {\n  assert {\n    condition     = terraform_data.a.input == "two"\n    error_message = "The input is not two."\n  }\n}\n`,
  },
  {
    name: 'targeted',
    before: [],
    config: `${data('a', '')}${data('b', '')}`,
    plan: ['-target=terraform_data.a'],
  },
  {
    name: 'destroy',
    before: [`${data('a', '')}${data('b', '')}`],
    config: `${data('a', '')}${data('b', '')}`,
    plan: ['-destroy'],
  },
  {
    name: 'refresh-only',
    before: [data('a', 'input = "one"')],
    config: data('a', 'input = "one"'),
    plan: ['-refresh-only'],
  },
  {
    name: 'errored',
    before: [data('a', 'input = "one"')],
    config: `${data('a', 'input = "two"')}${data('b', 'input = "x"\nlifecycle {\n  precondition {\n    condition     = terraform_data.a.input == "three"\n    error_message = "The input must be three."\n  }\n}')}`,
  },
  {
    name: 'module-gone',
    before: ['module "m" {\n  source = "./m"\n}\n'],
    config: '',
  },
  {
    name: 'each-no-more',
    before: [data('a', 'for_each = toset(["x"])')],
    config: data('a', ''),
  },
  {
    name: 'module-instance-gone',
    before: ['module "m" {\n  source = "./m"\n  count  = 2\n}\n'],
    config: 'module "m" {\n  source = "./m"\n  count  = 1\n}\n',
  },
  {
    name: 'move-to-nowhere',
    before: [data('a', '')],
    config: 'moved {\n  from = terraform_data.a\n  to   = terraform_data.b\n}\n',
  },
  {
    name: 'read-in-check',
    before: [],
    config: `${data('a', '')}${CHECK}`,
  },
  {
    name: 'read-in-check-alone',
    before: [`${data('a', '')}${CHECK}`],
    config: `${data('a', '')}${CHECK}`,
  },
  {
    name: 'read-after-dependency',
    before: [],
    config: `${data('a', '')}data "terraform_remote_state" "other" {\n  backend    = "local"\n  config     = { path = "other.tfstate" }\n  depends_on = [terraform_data.a]\n}\n`,
  },
]

const tool = process.argv[2] ?? 'terraform'
const isTofu = basename(tool) === 'tofu'
const isNext = basename(tool) === 'terraform-next'
/** Each tool's plans have a folder; Terraform's are at the top. */
const fixtures = join(import.meta.dirname, 'fixtures', isTofu ? 'tofu' : isNext ? 'next' : '')

function record({name, before, meanwhile = [], config, plan = []}: Scenario): void {
  const folder = mkdtempSync(join(tmpdir(), 'slipway-record-'))
  const terraform = (...argv: string[]): {status: number | null; stdout: string; stderr: string} =>
    spawnSync(tool, argv, {
      cwd: folder,
      encoding: 'utf8',
      maxBuffer: 1e9,
      env: {...process.env, TF_IN_AUTOMATION: '1', CHECKPOINT_DISABLE: '1'},
    })
  try {
    mkdirSync(join(folder, 'm'))
    writeFileSync(join(folder, 'm', 'main.tf'), data('inside', 'input = "one"'))
    for (const step of before) {
      writeFileSync(join(folder, 'main.tf'), step)
      terraform('init', '-input=false')
      terraform('apply', '-input=false', '-auto-approve')
    }
    for (const argv of meanwhile) terraform(...argv)
    writeFileSync(join(folder, 'main.tf'), config)
    terraform('init', '-input=false')
    const planned = terraform('plan', '-input=false', '-no-color', '-detailed-exitcode', '-out=plan', ...plan)
    const shown = terraform('show', '-json', 'plan')
    if (shown.status !== 0) throw new Error(`${name}: ${planned.stderr}${shown.stderr}`)
    const json = JSON.stringify(JSON.parse(shown.stdout), null, 1)
    mkdirSync(fixtures, {recursive: true})
    writeFileSync(join(fixtures, `${name}.json`), `${json}\n`)
    writeFileSync(join(fixtures, `${name}.txt`), `exit ${String(planned.status)}\n${planned.stdout}${planned.stderr}`)
  } finally {
    rmSync(folder, {recursive: true, force: true})
  }
}

/** Names after the tool record those alone. */
const named = process.argv.slice(3)
if (import.meta.main) {
  const all = isNext ? nextScenarios : [...scenarios, ...(isTofu ? tofuScenarios : [])]
  for (const scenario of all.filter(({name}) => named.length === 0 || named.includes(name))) record(scenario)
}
