import {humanDuration} from '../../shared/core/clock.ts'
import {code, table} from '../../shared/core/markdown.ts'
import type {World} from '../../shared/core/world.ts'
import {makeReceipt} from '../../shared/report/receipt.ts'
import {headline} from '../../shared/terraform/counts.ts'
import type {OpenRoot} from '../../shared/terraform/open-root.ts'
import type {Operation} from '../../shared/terraform/progress.ts'
import type {Plan} from '../../shared/terraform/plan.ts'
import {changeLine, visibleChanges} from '../../shared/terraform/render.ts'
import {maskLeaves, openOutputsText, outputText} from '../../shared/terraform/root-outputs.ts'
import type {RootOutput} from '../../shared/terraform/root-outputs.ts'
import {SENSITIVE} from '../../shared/terraform/secrets.ts'
import type {Secrets} from '../../shared/terraform/secrets.ts'
import {planFold} from './comment.ts'
import type {ApplyInputs} from './inputs.ts'
import type {Chosen} from './plan-source.ts'

/** An apply that succeeded. */
export interface Applied {
  readonly inputs: ApplyInputs
  readonly root: OpenRoot
  readonly chosen: Chosen
  readonly operations: readonly Operation[]
  readonly rootOutputs: readonly RootOutput[]
  /** When the run began, in milliseconds since the epoch. */
  readonly started: number
}

const MOST_LINES = 100
const MOST_OUTPUTS = 30
/** In characters: an address, an ARN, a short list. */
const LONGEST_OUTPUT = 200
const OWN_OUTPUTS = [
  'applied',
  'status',
  'failure-reason',
  'outputs',
  'added',
  'changed',
  'destroyed',
  'kept-state',
  'receipt',
]

/** Shows in the log what is about to be done. */
export function showPlan(world: World, plan: Plan): void {
  world.log.line(`▸ ${headline(plan)}`)
  const lines = visibleChanges(plan).slice(0, MOST_LINES).map(changeLine)
  if (lines.length > 0) world.log.quote(lines)
}

/** Hands everything on: outputs, receipt, job summary. Gives the summary's section, to be shown elsewhere too. */
export function report(world: World, applied: Applied): string {
  const {chosen, root, operations} = applied
  const status = chosen.plan.applyable ? 'succeeded' : 'unchanged'
  setRootOutputs(world, applied.rootOutputs)
  world.outputs.set('applied', chosen.plan.applyable)
  world.outputs.set('status', status)
  world.outputs.set('failure-reason', '')
  for (const [name, count] of Object.entries(resultCounts(operations))) world.outputs.set(name, count)
  world.outputs.set('receipt', receiptOf(world, applied, status))
  const shown = section(applied, world.clock.now())
  world.summary.add([shown, planFold(chosen.plan)].filter(Boolean).join('\n\n'))
  const took = humanDuration(world.clock.now() - applied.started)
  world.log.line(
    status === 'unchanged' ? `✓ ${root.session.root}: nothing to do` : `✓ applied ${root.session.root} in ${took}`,
  )
  return shown
}

function resultCounts(operations: readonly Operation[]): Record<'added' | 'changed' | 'destroyed', number> {
  const count = (action: string): number => operations.filter((operation) => operation.action === action).length
  return {added: count('create'), changed: count('update'), destroyed: count('delete')}
}

function setRootOutputs(world: World, outputs: readonly RootOutput[]): void {
  for (const output of outputs.filter(({sensitive}) => sensitive)) {
    if (maskLeaves(world.mask, output.value)) {
      world.mask.add(outputText(output))
    } else {
      world.log.warning(`The sensitive output "${output.name}" is too short to be masked, and is not handed on.`)
    }
  }
  for (const output of outputs) setRootOutput(world, output)
  world.outputs.set('outputs', openOutputsText(outputs))
}

function setRootOutput(world: World, output: RootOutput): void {
  if (OWN_OUTPUTS.includes(output.name)) {
    world.log.warning(
      `The root output "${output.name}" has the name of an output of this action: read it from "outputs".`,
    )
  } else if (!output.sensitive) {
    world.outputs.set(output.name, outputText(output))
  } else if (maskLeaves(world.mask, output.value)) {
    world.outputs.setSecret(output.name, outputText(output))
  }
}

function receiptOf(
  world: World,
  {inputs, root, chosen, operations, started}: Applied,
  status: 'succeeded' | 'unchanged',
): string {
  return makeReceipt(world.env, {
    stage: 'apply',
    subject: inputs.root.root,
    status,
    headline: headline(chosen.plan),
    started,
    ended: world.clock.now(),
    now: {
      workspace: root.workspace,
      toolVersion: root.session.tool.version,
      ...(inputs.source.kind === 'id' && {planId: inputs.source.id}),
      ...(chosen.digest !== undefined && {planDigest: chosen.digest}),
      ...resultCounts(operations),
    },
    before: {},
    waits: Object.fromEntries(slowest(operations).map(({address, seconds}) => [address, seconds * 1000])),
  })
}

function slowest(operations: readonly Operation[]): Operation[] {
  return operations
    .filter(({seconds}) => seconds >= 5)
    .sort((a, b) => b.seconds - a.seconds)
    .slice(0, 3)
}

function section({inputs, chosen, operations, rootOutputs, started}: Applied, now: number): string {
  const root = code(inputs.root.root)
  if (!chosen.plan.applyable) return `### ✓ ${root}: nothing to do`
  const {added, changed, destroyed} = resultCounts(operations)
  const rows = slowest(operations).map(({address, action, seconds}) => [
    code(address),
    action,
    humanDuration(seconds * 1000),
  ])
  return [
    `### ✓ ${root} is applied · ${humanDuration(now - started)}`,
    `**${String(added)} added, ${String(changed)} changed, ${String(destroyed)} destroyed** (planned: ${headline(chosen.plan)})`,
    rows.length > 0 ? table({columns: ['waited on', '', 'took'], rows}) : '',
    outputsTable(rootOutputs, chosen.plan.secrets),
  ]
    .filter(Boolean)
    .join('\n\n')
}

function outputsTable(outputs: readonly RootOutput[], secrets: Secrets): string {
  if (outputs.length === 0) return ''
  const shown = (output: RootOutput): string => {
    if (output.sensitive) return SENSITIVE
    // One line each: a value of several is for programs, which have it from the outputs of the step.
    const text = secrets.scrub(outputText(output)).replaceAll(/\s+/g, ' ')
    return code(text.length > LONGEST_OUTPUT ? `${text.slice(0, LONGEST_OUTPUT)}…` : text || '""')
  }
  const rows = outputs.slice(0, MOST_OUTPUTS).map((output) => [code(output.name), shown(output)])
  if (outputs.length > MOST_OUTPUTS) rows.push([`*${String(outputs.length - MOST_OUTPUTS)} more*`, ''])
  return table({columns: ['output', 'value'], rows})
}
