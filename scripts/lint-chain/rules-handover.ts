import {deployingSteps, effectOf, expressions, foreignAction, input, ownAction} from './deploys.ts'
import type {Finding} from './deploys.ts'
import type {Job, Step, Value, Workflow} from './model.ts'

const MASKED_ALWAYS = /outputs\.(?:[a-z0-9_-]*(?:password|secret|session-token|access-key|authtoken))/i
const HOLDS_ACCOUNT = /outputs\.(?:image|registry|repository-uri|repository_url|.*-arn)\b/

/**
 * Job outputs that never arrive: the runner drops an output that holds a masked text, and says so only in a warning
 * (https://github.com/actions/runner/issues/1498).
 */
export function maskedOutputs({jobs}: Workflow): Finding[] {
  return jobs.flatMap((job) =>
    [...job.outputs].flatMap(([name, value]) =>
      expressions(value).flatMap(({text}) => {
        const why = whyMasked(job, text)
        if (why === undefined) return []
        const message = `output "${name}" of job "${job.id}" ${why}`
        return [{line: value.line, rule: 'masked-output', message}]
      }),
    ),
  )
}

function whyMasked(job: Job, expression: string): string | undefined {
  if (/\bsecrets\./.test(expression)) {
    return 'is a secret, which the runner drops: read the secret in the job that needs it'
  }
  if (MASKED_ALWAYS.test(expression)) {
    return 'is masked, and the runner drops it: log in again in the job that needs it'
  }
  const masksAccount = job.steps.some(
    (step) =>
      foreignAction(step) === 'aws-actions/configure-aws-credentials' && input(step, 'mask-aws-account-id') === 'true',
  )
  if (!masksAccount || !HOLDS_ACCOUNT.test(expression)) return undefined
  return 'holds the account id, which this job masks, so the runner drops it: hand over the digest and the repository'
}

/** The inputs by which deploying actions take images, with what separates a container's name from its image. */
const IMAGE_INPUTS: Readonly<Record<string, readonly string[]>> = {
  'ecs-deploy': ['image', 'images'],
  'kubectl-rollout': ['images'],
  'aws-actions/amazon-ecs-render-task-definition': ['image'],
  'azure/k8s-deploy': ['images'],
}

/**
 * A tag where a digest belongs: a tag can be moved between the build and the deploy, and afterwards. A preview deploys
 * nothing, and may name an image that does not exist yet.
 */
export function tagHandover({jobs}: Workflow): Finding[] {
  return jobs.flatMap((job) =>
    job.steps.flatMap((step) => {
      if (input(step, 'mode') === 'plan') return []
      const names = IMAGE_INPUTS[ownAction(step) ?? foreignAction(step) ?? ''] ?? []
      return names.flatMap((name) => tagged(step.with.get(name)).map((image) => tagFinding(step, name, image)))
    }),
  )
}

function tagged(value: Value | undefined): string[] {
  const lines = (value?.text ?? '').split('\n').map((line) => line.trim())
  return lines.filter((line) => line !== '' && isTagged(line.replace(/^[\w./-]+=/, '')))
}

// A version that somebody wrote into the file (nginx:1.29) was reviewed there; what a run works out was not.
function isTagged(image: string): boolean {
  if (image.includes('@')) return false
  return /\.(?:tags?|version)\s*\}\}$/.test(image) || /:(?:latest|[^/]*\$\{\{[^:]*\}\}[^/:]*)$/.test(image)
}

function tagFinding(step: Step, name: string, image: string): Finding {
  const message = `input "${name}" hands over a tag (${image}), which can move: hand over the build's output "image" (repository@sha256:…)`
  return {line: step.with.get(name)?.line ?? step.line, rule: 'tag-handover', message}
}

/** An apply that plans again after somebody approved: what they read is not what is done. */
export function replans({jobs}: Workflow): Finding[] {
  const planned = jobs.some(({steps}) =>
    steps.some(
      (step) => ownAction(step) === 'terraform-plan' || /\b(?:terraform|tofu) plan\b/.test(step.run?.text ?? ''),
    ),
  )
  return jobs.flatMap((job) =>
    deployingSteps(job).flatMap((step) => {
      if (effectOf(step) !== 'apply' || !(planned || job.environment) || !plansAgain(step)) return []
      const message =
        'this apply plans again, so what was reviewed is not what is done: hand over the "plan-id" of terraform-plan (or the plan file)'
      return [{line: step.line, rule: 'replans-after-approval', message}]
    }),
  )
}

function plansAgain(step: Step): boolean {
  if (ownAction(step) === 'terraform-apply') {
    return input(step, 'approve') === 'auto' || (input(step, 'plan-id') === '' && input(step, 'plan-file') === '')
  }
  return /^[^#\n]*\b(?:apply|destroy)\b[^\n]*-auto-approve(?![^\n]*\.t?f?plan\b)/m.test(step.run?.text ?? '')
}
