import {condition, deployingSteps, foreignAction, input, isDeploying, ownAction} from './deploys.ts'
import type {Finding} from './deploys.ts'
import type {Job, Step, Workflow} from './model.ts'

/** A deploy that reports success as soon as AWS has taken the order. */
export function noWait({jobs}: Workflow): Finding[] {
  return jobs.flatMap((job) =>
    deployingSteps(job).flatMap((step) => {
      const missing = missingWait(job, step)
      return missing === undefined ? [] : [{line: step.line, rule: 'deploy-without-wait', message: missing}]
    }),
  )
}

function missingWait(job: Job, step: Step): string | undefined {
  const waits = input(step, 'wait-for-service-stability')
  switch (ownAction(step) ?? foreignAction(step)) {
    case 'ecs-deploy':
      return waits === 'false' ? `${UNKNOWN_END}: remove "wait-for-service-stability: false"` : undefined
    case 'aws-actions/amazon-ecs-deploy-task-definition':
      return waits === 'true' ? undefined : `${UNKNOWN_END}: set "wait-for-service-stability: true"`
    default:
      return missingWaitOfScript(step.run?.text ?? '', job.steps.map(({run}) => run?.text ?? '').join('\n'))
  }
}

const UNKNOWN_END = 'nobody learns how this deployment ends'

/** What orders a deployment, what would wait for it in the same job, and what to do. */
const ORDERS: readonly {readonly order: RegExp; readonly wait: RegExp; readonly advice: string}[] = [
  {
    order: /\baws ecs (?:update|create)-service\b/,
    wait: /\baws ecs wait services-stable\b/,
    advice: 'follow it with "aws ecs wait services-stable", or use ecs-deploy',
  },
  {
    order: /\bkubectl\b.*\b(?:apply|set image)\b(?!.*--dry-run)/,
    wait: /\bkubectl\b.*\b(?:rollout status|wait)\b/,
    advice: 'follow it with "kubectl rollout status", or use kubectl-rollout',
  },
  {order: /\bhelm (?:upgrade|install)\b/, wait: /\bhelm\b[\s\S]*--(?:wait|atomic)\b/, advice: 'add --wait'},
]

function missingWaitOfScript(script: string, allScripts: string): string | undefined {
  const found = ORDERS.find(({order, wait}) => order.test(script) && !wait.test(allScripts))
  return found === undefined ? undefined : `${UNKNOWN_END}: ${found.advice}`
}

/** A deploy that a newer run may cut in the middle, or that may run twice at once. */
export function cutDeploys(workflow: Workflow): Finding[] {
  const deploying = workflow.jobs.filter(isDeploying)
  if (deploying.length === 0) return []
  const groups = [workflow.concurrency, ...deploying.map(({concurrency}) => concurrency)].filter(
    (it) => it !== undefined,
  )
  const cut = groups
    .filter(({cancels}) => cancels !== 'false')
    .map(({line}) => ({
      line,
      rule: 'deploy-group-cancels',
      message:
        'this group cancels a run that is deploying, and leaves things half done: set "cancel-in-progress: false" where something is deployed',
    }))
  // The group of a reusable workflow is its caller's business.
  const called = workflow.triggers.every((trigger) => trigger === 'workflow_call')
  if (!workflow.whole || called || workflow.concurrency !== undefined) return cut
  const bare = deploying.filter(({concurrency}) => concurrency === undefined)
  return [
    ...cut,
    ...bare.map((job) => ({
      line: job.line,
      rule: 'deploy-without-group',
      message: `job "${job.id}" deploys, and two runs may do so at once: give the workflow a "concurrency" group with "cancel-in-progress: false"`,
    })),
  ]
}

/**
 * A `queue` that GitHub refuses, and with it the whole file:
 * https://docs.github.com/actions/how-tos/write-workflows/choose-when-workflows-run/control-workflow-concurrency
 */
export function brokenQueues({concurrency, jobs}: Workflow): Finding[] {
  return [concurrency, ...jobs.map((job) => job.concurrency)].flatMap((group) => {
    if (group?.queue === undefined) return []
    const {text, line} = group.queue
    const rule = 'broken-queue'
    if (text !== 'max' && text !== 'single')
      return [{line, rule, message: `"queue: ${text}" does not exist: use "max", which lets each run have its turn`}]
    if (text === 'single' || group.cancels === 'false') return []
    return [{line, rule, message: 'GitHub refuses "queue: max" where the group cancels: leave one of the two out'}]
  })
}

/** A deploy that goes on although what it builds on has failed: `always()` overrides the check of `needs`. */
export function deploysAfterFailure({jobs}: Workflow): Finding[] {
  return jobs.flatMap((job) => {
    const text = condition(job)
    const overrides =
      /\b(?:always|failure|cancelled)\(\)/.test(text) && !/needs\.[\w-]+\.result|needs\.\*\.result/.test(text)
    if (!overrides || deployingSteps(job).length === 0) return []
    const message = `job "${job.id}" deploys even when a job before it has failed: ask for the results it needs (needs.<job>.result == 'success')`
    return [{line: job.if?.line ?? job.line, rule: 'deploys-after-failure', message}]
  })
}

/** GitHub writes `cancelled`; a comparison with `canceled` is never true. */
export function misspeltCancelled({values}: Workflow): Finding[] {
  return values
    .filter(({text}) => /['"]canceled['"]|\bcanceled\(\)/.test(text))
    .map(({line}) => ({
      line,
      rule: 'misspelt-cancelled',
      message: "GitHub says 'cancelled': with one l this is never true",
    }))
}
