import type {Job, Step, Value} from './model.ts'

/** What a step does to something that users depend on. */
export type Effect = 'apply' | 'ecs' | 'kubernetes'

/** What a rule has to say. */
export interface Finding {
  readonly line: number
  readonly rule: string
  /** One sentence: what is wrong and what to do. */
  readonly message: string
}

/** The name of our action that the step uses, from inside (`./actions/…`, `$/actions/…`) or outside of the repository. */
export function ownAction(step: Step): string | undefined {
  return /^(?:\.\/|\$\/|slipway\/slipway\/)actions\/([a-z-]+)(?:@|$)/.exec(step.uses?.text ?? '')?.[1]
}

/** `owner/name` of a foreign action, in lower case, without its folder and version. */
export function foreignAction(step: Step): string | undefined {
  const text = step.uses?.text ?? ''
  if (/^(?:\.|\$|docker:)/.test(text)) return undefined
  return /^([\w.-]+\/[\w.-]+)/.exec(text)?.[1]?.toLowerCase()
}

/** The text of an input, trimmed; empty when it is not given. */
export function input(step: Step, name: string): string {
  return step.with.get(name)?.text.trim() ?? ''
}

// A command stands where a shell would look for one: not in a comment, and not as a word of an echo.
const COMMANDS: readonly (readonly [Effect, RegExp])[] = [
  ['apply', /^[^#\n]*?\b(?:terraform|tofu|terragrunt)\b(?: -chdir=\S+)? (?:run-all )?(?:apply|destroy)\b/m],
  ['ecs', /^[^#\n]*?\baws ecs (?:update-service|create-service|update-service-primary-task-set)\b/m],
  [
    'kubernetes',
    /^[^#\n]*?\b(?:kubectl (?:-\S+ )*(?:apply|set image|rollout (?:restart|undo))|helm (?:upgrade|install))\b/m,
  ],
]

// Each deploying action, with the modes in which it changes nothing.
const ACTIONS: Readonly<Record<string, {readonly effect: Effect; readonly harmless: readonly string[]}>> = {
  'terraform-apply': {effect: 'apply', harmless: ['unlock']},
  'ecs-deploy': {effect: 'ecs', harmless: ['plan', 'register']},
  'kubectl-rollout': {effect: 'kubernetes', harmless: ['plan', 'watch']},
  'aws-actions/amazon-ecs-deploy-task-definition': {effect: 'ecs', harmless: []},
  'azure/k8s-deploy': {effect: 'kubernetes', harmless: []},
}

/** What the step changes; undefined for one that only reads. */
export function effectOf(step: Step): Effect | undefined {
  const action = ACTIONS[ownAction(step) ?? foreignAction(step) ?? '']
  if (action !== undefined) return action.harmless.includes(input(step, 'mode')) ? undefined : action.effect
  const script = withoutDryRuns(step.run?.text ?? '')
  return COMMANDS.find(([, command]) => command.test(script))?.[0]
}

function withoutDryRuns(script: string): string {
  return script.replaceAll(/^.*--dry-run.*$/gm, '')
}

/** The steps of a job that change something. */
export function deployingSteps(job: Job): Step[] {
  return job.steps.filter((step) => effectOf(step) !== undefined)
}

/** An expression of a workflow: what stands between `${{` and `}}`, or a whole `if`. */
export function expressions(value: Value): Value[] {
  return [...value.text.matchAll(/\$\{\{([\s\S]*?)\}\}/g)].map((match) => ({
    text: (match[1] ?? '').trim(),
    line: value.line + lineWithin(value, match.index),
  }))
}

// The text of a block (`run: |`) begins on the line after its key.
function lineWithin({text}: Value, at: number): number {
  const before = text.slice(0, at).split('\n').length - 1
  return text.includes('\n') ? before + 1 : before
}

/** An `if` as an expression; it may be written with or without braces. */
export function condition(job: Job): string {
  return job.if?.text.replaceAll(/\$\{\{|\}\}/g, ' ') ?? ''
}

/** Whether the job changes something, by its steps or by the workflow of this suite that it calls. */
export function isDeploying(job: Job): boolean {
  const called = /(?:^\.|^\$|slipway\/slipway)\/\.github\/workflows\/([a-z-]+)\.yml(?:@|$)/.exec(job.uses?.text ?? '')
  return deployingSteps(job).length > 0 || ['delivery', 'rollback'].includes(called?.[1] ?? '')
}
