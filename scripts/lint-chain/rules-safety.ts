import {expressions, foreignAction, input, ownAction} from './deploys.ts'
import type {Finding} from './deploys.ts'
import type {Job, Step, Workflow} from './model.ts'

// This suite's own name is what a reader replaces by the version they chose.
const OWN = /^slipway\/slipway\/(?:actions\/[a-z-]+|\.github\/workflows\/[a-z-]+\.yml)@v\d+$/

/** A foreign action or workflow by a name that its owner, or a thief of the owner's account, can move. */
export function unpinned({jobs}: Workflow): Finding[] {
  return jobs.flatMap((job) =>
    [job.uses, ...job.steps.map(({uses}) => uses)].flatMap((uses) => {
      if (uses === undefined || isPinned(uses.text)) return []
      const message = `${uses.text} can change under you: pin it to a commit (@<40 hex digits> # vX.Y.Z)`
      return [{line: uses.line, rule: 'unpinned-uses', message}]
    }),
  )
}

function isPinned(uses: string): boolean {
  if (/^(?:\.\/|\$\/)/.test(uses) || OWN.test(uses)) return true
  return uses.startsWith('docker://') ? /@sha256:[0-9a-f]{64}$/.test(uses) : /@[0-9a-f]{40}$/.test(uses)
}

// What only GitHub itself writes, in an alphabet without quotes, spaces or dollars.
const TRUSTED =
  /^(?:github\.(?:sha|run_id|run_number|run_attempt|repository|repository_id|repository_owner|repository_owner_id|event_name|job|server_url|api_url|graphql_url|actor_id|workspace|action_path|event\.number|event\.pull_request\.number|event\.issue\.number|event\.(?:pull_request\.(?:head|base)\.sha|after|before))|runner\.\w+|job\.status|strategy\.[\w-]+|matrix\.[\w.-]+|needs\.[\w-]+\.result|steps\.[\w-]+\.(?:outcome|conclusion))$/

/** `${{ }}` in a script is pasted into it before the shell reads it: a pull request's title becomes a command. */
export function injected({jobs}: Workflow): Finding[] {
  return jobs.flatMap(({steps}) =>
    steps.flatMap((step) => {
      const scripts = [step.run, ...(foreignAction(step) === 'actions/github-script' ? [step.with.get('script')] : [])]
      return scripts
        .filter((script) => script !== undefined)
        .flatMap(expressions)
        .filter(({text}) => !isTrusted(text))
        .map(({text, line}) => ({
          line,
          rule: 'text-into-script',
          message: `\${{ ${text} }} becomes part of the script: pass it by "env" and use "$NAME"`,
        }))
    }),
  )
}

function isTrusted(expression: string): boolean {
  const references = expression.replaceAll(/'(?:[^']|'')*'/g, '').match(/[a-z_][\w-]*(?:\.[\w*-]+)+/gi) ?? []
  return references.every((reference) => TRUSTED.test(reference))
}

/** Permissions that a step needs and its job does not ask for, and jobs that take what the repository happens to give. */
export function missingPermissions(workflow: Workflow): Finding[] {
  return workflow.jobs.flatMap((job) => {
    const granted = job.permissions ?? workflow.permissions
    if (granted === undefined) {
      if (!workflow.whole) return []
      const message = `job "${job.id}" gets whatever the repository gives: say "permissions" for it, or {} at the top`
      return [{line: job.line, rule: 'missing-permissions', message}]
    }
    return needed(job)
      .filter(({scope, access}) => !holds(granted, scope, access))
      .map(({scope, access, line, who}) => ({
        line,
        rule: 'missing-permissions',
        message: `${who} needs "${scope}: ${access}", which job "${job.id}" does not have`,
      }))
  })
}

interface Need {
  readonly scope: string
  readonly access: 'read' | 'write'
  readonly line: number
  readonly who: string
}

function needed(job: Job): Need[] {
  return job.steps.flatMap((step) => {
    const who = ownAction(step) ?? foreignAction(step) ?? ''
    return scopesOf(step, who).map(([scope, access]) => ({scope, access, line: step.line, who}))
  })
}

type Scope = readonly [string, Need['access']]

const COMMENTS: Scope = ['pull-requests', 'write']

// What the steps of an action ask GitHub for, by their inputs.
const SCOPES: Readonly<Record<string, (step: Step) => readonly Scope[]>> = {
  'actions/checkout': (step) => (input(step, 'repository') === '' ? [['contents', 'read']] : []),
  'aws-actions/configure-aws-credentials': (step) =>
    input(step, 'role-to-assume') !== '' && input(step, 'aws-access-key-id') === '' ? [['id-token', 'write']] : [],
  'terraform-plan': (step) => (['', 'never'].includes(input(step, 'comment')) ? [] : [COMMENTS]),
  'pr-command': (step) => (input(step, 'mode') === 'answer' ? [COMMENTS] : scopesOfDecision(step)),
  'delivery-report': (step) => {
    if (input(step, 'mode') === 'read') return [['contents', 'read']]
    if (input(step, 'mode') === 'approved') return [['pull-requests', 'read']]
    return input(step, 'attach-to-release') === '' ? [] : [['contents', 'write']]
  },
}

function scopesOfDecision(step: Step): readonly Scope[] {
  const checks: Scope[] = [
    ['checks', 'read'],
    ['statuses', 'read'],
  ]
  return [['contents', 'read'], COMMENTS, ...(input(step, 'checks-for') === 'none' ? [] : checks)]
}

function scopesOf(step: Step, who: string): readonly Scope[] {
  return SCOPES[who]?.(step) ?? []
}

function holds(granted: ReadonlyMap<string, string>, scope: string, access: Need['access']): boolean {
  const given = granted.get(scope) ?? granted.get('*')
  return given === 'write' || (access === 'read' && given === 'read')
}
