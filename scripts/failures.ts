import {readFile, writeFile} from 'node:fs/promises'
import {join} from 'node:path'
import type {FailureReason} from '../actions/shared/core/diagnosis.ts'
import {actionNames} from './build.ts'

const root = join(import.meta.dirname, '..')
const PAGE = 'docs/failures.md'

/** What each `failure-reason` means, for people who branch on it. A new slug without a meaning does not compile. */
export const MEANINGS: Readonly<Record<FailureReason, string>> = {
  'access-denied': 'The credentials may not do it; the message names the action and the resource.',
  alarm: 'A CloudWatch alarm of the deployment went off.',
  'apply-failed': 'A provider refused a change in the middle of an apply; what was done and what was not is listed.',
  'build-failed': 'A step of the Dockerfile failed; its last lines are shown.',
  cancelled: 'The run was cancelled. What had begun was finished, put back, or is described.',
  capacity: 'AWS has no room for it now: Fargate, a spot pool, a zone.',
  'circuit-breaker': 'ECS gave the deployment up by itself.',
  'config-missing': 'Something the work is based on is not there: a file, a variable, a ConfigMap, a log group.',
  conflict: 'Somebody else owns or changes the same thing.',
  'container-exited': 'A container ended that should run, or ended with an error.',
  'destroy-denied': 'The plan destroys what a rule denies that no input and no label overrides.',
  'destroy-guarded': 'The plan destroys what the guard stands before.',
  'digest-mismatch': 'What runs, or what was read back, is not the image that was built.',
  'head-moved': 'The pull request has another head commit than the command was given for.',
  'health-check-failed': 'The new version runs and does not answer as it should.',
  'image-not-found': 'The registry has no such image.',
  'internal-error': 'A defect of the action: please report it.',
  'invalid-input': 'An input is wrong. Nothing was changed.',
  'not-approved': 'A command needs a review that approves this very commit.',
  'not-found': 'A resource that was named does not exist.',
  'out-of-memory': 'A container was killed for using more memory than it may.',
  'plan-changed': 'The plan made again would do something else than the reviewed one.',
  'plan-failed': 'Terraform could not plan; the file and line are annotated.',
  'plan-rejected': 'The saved plan is not one for this run: another commit, root, tool, or a broken seal.',
  'plan-stale': 'The state was written after the plan was made.',
  'push-failed': 'The registry did not take the image, also after retries.',
  quota: 'A quota of the account or the namespace is full.',
  rejected: 'The server, an admission policy or a rule of the action refused it.',
  'runner-error': 'The machine of the job is not in order: its disk is full, or a file of the runner is missing.',
  'scan-findings': 'The scan of the image found what `scan-fail-on` does not allow.',
  'secret-unreadable': 'A secret does not exist, or the task may not read it.',
  'smoke-test-failed': 'The image was built and does not start.',
  'state-locked': 'Another run holds the lock of the Terraform state.',
  superseded: 'A newer deployment took over.',
  'tag-immutable': 'The tag names another commit’s image already.',
  timeout: 'Not done in time; what it waited for is named.',
  unreachable: 'A service could not be reached over the network.',
  unschedulable: 'No node of the cluster can take the pod.',
  volume: 'A volume could not be attached or mounted.',
}

interface Table {
  readonly action: string
  /** The rows, without the head. */
  readonly rows: readonly string[]
}

/** The failure table of an action's README; undefined when it has none. */
export function failureTable(action: string, readme: string): Table | undefined {
  const lines = readme.split('\n')
  const head = lines.findIndex((line) => line.startsWith('| you see'))
  if (head < 0) return undefined
  const after = lines.slice(head + 2)
  const end = after.findIndex((line) => !line.startsWith('|'))
  return {action, rows: end < 0 ? after : after.slice(0, end)}
}

const PICTURE = `<picture>
  <source media="(prefers-color-scheme: dark)" srcset="images/summary-failed-dark.png">
  <img alt="A job summary: the cause, the last lines of the container, a row per stopped task, what changed, what to do, and what runs now" src="images/summary-failed-light.png" width="800">
</picture>`

/**
 * The page of all failures: what each slug means, a workflow that branches on it, then each action's own table.
 * @param workflow its YAML
 */
export function failuresPage(tables: readonly Table[], workflow: string): string {
  return [
    '# Failures',
    '<!-- Made by scripts/failures.ts from the actions’ READMEs and the list of reasons. Change those, then run it. -->',
    'A failure says the same in the log, in one annotation, in the job summary and in the outputs: the cause in one sentence,\nthe evidence, the part of your change that explains it, what to do, and the state things are in now.',
    PICTURE,
    '## The output `failure-reason`',
    'A stable word, for workflows that branch on it. `status` says how it ended.',
    ['| `failure-reason` | it means |', '| --- | --- |', ...reasonRows()].join('\n'),
    '## A workflow that branches on it',
    'What a machine can settle is left to the next run; what people must look at becomes an issue that says how things stand.',
    `\`\`\`yaml\n${workflow.trimEnd()}\n\`\`\``,
    ...tables.map(({action, rows}) =>
      [
        `## ${action}`,
        ['| you see | it means | do this |', '| --- | --- | --- |', ...rows].join('\n'),
        `[All about ${action}](../actions/${action}/README.md)`,
      ].join('\n\n'),
    ),
    '',
  ].join('\n\n')
}

function reasonRows(): string[] {
  return Object.entries(MEANINGS).map(([reason, meaning]) => `| \`${reason}\` | ${meaning} |`)
}

/** The page as it should be now. */
export async function currentFailuresPage(): Promise<string> {
  const tables: Table[] = []
  for (const action of await actionNames()) {
    const readme = await readFile(join(root, 'actions', action, 'README.md'), 'utf8').catch(() => '')
    const table = failureTable(action, readme)
    if (table !== undefined) tables.push(table)
  }
  const workflow = await readFile(join(root, 'scripts/failures/workflow.yml'), 'utf8')
  return failuresPage(tables, workflow).replace(/\n+$/, '\n')
}

if (import.meta.main) {
  await writeFile(join(root, PAGE), await currentFailuresPage())
  console.log(`${PAGE} is written.`)
}
