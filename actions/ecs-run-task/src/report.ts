import type {Task} from '@aws-sdk/client-ecs'
import {humanDuration} from '../../shared/core/clock.ts'
import type {Status} from '../../shared/core/diagnosis.ts'
import {code, codeBlock, details, escapeMarkdown} from '../../shared/core/markdown.ts'
import type {World} from '../../shared/core/world.ts'
import type {Definition} from '../../shared/ecs/definition.ts'
import {parseImage, shortName, taskId} from '../../shared/ecs/names.ts'
import {makeReceipt} from '../../shared/report/receipt.ts'
import type {Followed} from './follow.ts'
import type {Inputs} from './inputs.ts'
import {deciders, exitCodeOf, worst} from './verdict.ts'

/** One run of this action, as far as it has come. */
export interface Job {
  /** Milliseconds since the epoch. */
  readonly started: number
  readonly inputs: Inputs
  readonly definition: Definition
  /** ARN of the task definition that runs. */
  readonly revision: string
}

// An output of a step may hold 1 MB; a migration's last lines are what later steps look at.
const LOG_OUTPUT_LINES = 500

/** Sets every output that is known about the tasks. */
export function report(world: World, job: Job, followed: Followed, status: Status, headline: string): void {
  const names = deciders(job.inputs, job.definition)
  const decisive = worst(followed.tasks, names)
  const exitCode = decisive === undefined ? undefined : exitCodeOf(decisive, names)
  world.outputs.set('status', status)
  world.outputs.set('failure-reason', undefined)
  world.outputs.set('task-arns', followed.tasks.map(({taskArn = ''}) => taskArn).join('\n'))
  world.outputs.set('task-definition-arn', job.revision)
  world.outputs.set('exit-code', exitCode)
  world.outputs.set(
    'log-output',
    followed.lines
      .slice(-LOG_OUTPUT_LINES)
      .map(({text}) => text)
      .join('\n'),
  )
  world.outputs.set('receipt', receipt(world, job, followed.tasks, status, headline, exitCode))
}

/** Says that all went well: in the log and in the job summary. */
export function celebrate(world: World, job: Job, followed: Followed): void {
  const {inputs, revision} = job
  const took = humanDuration(followed.tookMs)
  const names = deciders(inputs, job.definition)
  const codes = followed.tasks.map((task) => exitCodeOf(task, names))
  const result = codes.every((value) => value === 0)
    ? 'exit 0'
    : inputs.waitFor === 'nothing'
      ? 'started'
      : inputs.waitFor
  world.log.line(`✓ ${shortName(revision)}: ${result}, after ${took}`)
  const tail = followed.lines.slice(-inputs.logLines).map(({text}) => text)
  world.summary.add(
    [
      `### ✓ Task ${code(shortName(revision))} · ${result} · ${took}`,
      ...(inputs.overrides.command === undefined
        ? []
        : [`Command ${escapeMarkdown(inputs.overrides.command.join(' '))}`]),
      ...(tail.length === 0
        ? []
        : [
            details(
              tail.length === 1 ? 'Log, last line' : `Log, last ${String(tail.length)} lines`,
              codeBlock(tail.join('\n')),
            ),
          ]),
    ].join('\n\n'),
  )
}

function receipt(
  world: World,
  {started, inputs, definition, revision}: Job,
  tasks: readonly Task[],
  status: Status,
  headline: string,
  exitCode: number | undefined,
): string {
  const digests = (definition.containerDefinitions ?? []).flatMap(({image}) => parseImage(image ?? '').digest ?? [])
  return makeReceipt(world.env, {
    stage: 'task',
    subject: shortName(revision),
    status,
    headline,
    started,
    ended: world.clock.now(),
    now: {
      cluster: shortName(inputs.cluster),
      taskDefinition: shortName(revision),
      tasks: tasks.map(({taskArn}) => taskId(taskArn)),
      exitCode: exitCode ?? null,
      digests,
    },
    before: {},
  })
}
