/**
 * Writes plans as large as a user's largest: `node __tests__/support/big-plan.ts 10000 plan.json`. The JSON has the shape
 * and about the weight (10 kB a resource) of what `terraform show -json` gives for AWS resources: what would change, the
 * state before, the values after, and the configuration.
 */
import {once} from 'node:events'
import {createWriteStream} from 'node:fs'

const TYPES = ['aws_iam_policy', 'aws_security_group', 'aws_ecs_task_definition', 'aws_route53_record', 'aws_instance']
const KINDS = [['create'], ['update'], ['no-op'], ['delete'], ['delete', 'create']] as const

/** A secret that is in every tenth resource; it must never be seen. */
export const BIG_PLAN_SECRET = 's3cr3t-of-a-big-plan'

interface Generated {
  readonly address: string
  readonly change: Readonly<Record<string, unknown>>
  readonly values: object
  readonly about: Readonly<Record<string, unknown>>
}

// About 3 kB, of which four copies are in a plan: before, after, prior state, planned values.
function values(at: number, version: number): Record<string, unknown> {
  const statement = (n: number): object => ({
    Sid: `Statement${String(n)}`,
    Effect: 'Allow',
    Action: ['s3:GetObject', 's3:ListBucket', 'kms:Decrypt'],
    Resource: `arn:aws:s3:::bucket-${String(at)}-${String(n)}/*`,
  })
  return {
    arn: `arn:aws:service:eu-west-1:123456789012:thing/${String(at)}`,
    description: `thing ${String(at)}, version ${String(version)}, with "quotes", a \\ and a line\nbreak`,
    policy: JSON.stringify({Version: '2012-10-17', Statement: Array.from({length: 12}, (_, n) => statement(n))}),
    ingress: Array.from({length: 6}, (_, n) => ({from_port: n, to_port: n + version, cidr_blocks: ['10.0.0.0/8']})),
    password: at % 10 === 0 ? `${BIG_PLAN_SECRET}-${String(at)}-${String(version)}` : null,
    tags: {Name: `thing-${String(at)}`, Team: 'streaming', Version: String(version)},
    timeouts: null,
  }
}

function resource(at: number): Generated {
  const type = TYPES[at % TYPES.length] ?? ''
  const actions = KINDS[at % KINDS.length] ?? ['no-op']
  const module = `module.team_${String(at % 40)}`
  const [gone, fresh] = [actions[0] === 'delete' && actions.length === 1, actions[0] === 'create']
  const [before, after] = [fresh ? null : values(at, 1), gone ? null : values(at, actions[0] === 'no-op' ? 1 : 2)]
  const about = {
    mode: 'managed',
    type,
    name: `thing_${String(at)}`,
    provider_name: 'registry.terraform.io/hashicorp/aws',
  }
  return {
    address: `${module}.${type}.thing_${String(at)}`,
    about: {module_address: module, ...about},
    change: {
      actions,
      before,
      after,
      after_unknown: fresh ? {arn: true, id: true} : {},
      before_sensitive: {password: true, tags: {}},
      after_sensitive: {password: true, tags: {}},
      ...(actions.length === 2 && {replace_paths: [['description']]}),
    },
    values: after ?? before ?? {},
  }
}

/** The text of a plan of so many resources, piece by piece. */
export function* bigPlan(count: number): Generator<string> {
  const list = function* (item: (generated: Generated) => unknown): Generator<string> {
    for (let at = 0; at < count; at++) yield `${at === 0 ? '' : ','}${JSON.stringify(item(resource(at)))}`
  }
  yield '{"format_version":"1.2","terraform_version":"1.11.4","planned_values":{"root_module":{"resources":['
  yield* list(({address, about, values: after}) => ({
    address,
    ...about,
    values: after,
    sensitive_values: {password: true},
  }))
  yield ']}},"resource_changes":['
  yield* list(({address, about, change}) => ({address, ...about, change}))
  yield '],"output_changes":{},"prior_state":{"format_version":"1.0","values":{"root_module":{"resources":['
  yield* list(({address, about, change}) => ({address, ...about, values: change['before'] ?? {}}))
  yield ']}}},"configuration":{"root_module":{"resources":['
  yield* list(({address, about}) => ({
    address,
    ...about,
    expressions: {tags: {references: ['local.tags', 'var.team']}},
  }))
  yield ']}},"timestamp":"2026-11-20T10:00:00Z","applyable":true,"complete":true,"errored":false}\n'
}

/** Writes a plan of so many resources to a file. */
export async function writeBigPlan(count: number, file: string): Promise<void> {
  const out = createWriteStream(file)
  for (const piece of bigPlan(count)) if (!out.write(piece)) await once(out, 'drain')
  out.end()
  await once(out, 'finish')
}

if (import.meta.main) {
  const [count = '10000', file = 'plan.json'] = process.argv.slice(2)
  await writeBigPlan(Number(count), file)
}
