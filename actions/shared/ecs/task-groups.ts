import type {Task} from '@aws-sdk/client-ecs'
import {causeOf, stoppedFacts} from './causes.ts'
import type {Cause} from './cause.ts'
import type {Definition} from './definition.ts'
import {failingCheck} from './health-check.ts'

/** Tasks that stopped for the same cause, the oldest first. */
export interface TaskGroup {
  readonly cause: Cause
  readonly tasks: readonly Task[]
}

/** The containers whose end is the end of their task. `essential` is true unless it says otherwise. */
export function essentialContainers(definition: Definition): string[] {
  return (definition.containerDefinitions ?? [])
    .filter(({essential}) => essential !== false)
    .map(({name}) => name ?? '')
}

/** Why `task` stopped, by its definition too; undefined when nobody has to worry. */
export function causeIn(task: Task, definition: Definition): Cause | undefined {
  const essential = essentialContainers(definition)
  const cause = causeOf(task, essential)
  if (cause?.key.startsWith('container-health/') !== true) return cause
  return {...cause, ...failingCheck(definition, stoppedFacts(task, essential).container?.name)}
}

/** Failed tasks grouped by their cause, the largest group first. */
export function groupByCause(tasks: readonly Task[], definition: Definition): TaskGroup[] {
  const groups = new Map<string, {cause: Cause; tasks: Task[]}>()
  for (const task of tasks.filter(isStopped)) {
    const cause = causeIn(task, definition)
    if (cause === undefined) continue
    const group = groups.get(cause.key) ?? {cause, tasks: []}
    group.tasks.push(task)
    groups.set(cause.key, group)
  }
  return [...groups.values()]
    .map(({cause, tasks: members}) => ({cause, tasks: members.sort((a, b) => stoppedAt(a) - stoppedAt(b))}))
    .sort((a, b) => b.tasks.length - a.tasks.length || stoppedAt(b.tasks.at(-1)) - stoppedAt(a.tasks.at(-1)))
}

/** Whether the task has stopped, with all that it will ever say about itself. */
export function isStopped(task: Task): boolean {
  return task.lastStatus === 'STOPPED'
}

function stoppedAt(task: Task | undefined): number {
  return (task?.stoppedAt ?? task?.stoppingAt)?.getTime() ?? 0
}

/** Whether a task may be one of a service: ECS writes the service into its group. */
export function isOfService({group}: Task, service: string): boolean {
  return group?.startsWith('service:') !== true || group === `service:${service}`
}

/** A deployment, as far as its tasks tell that they are its own. */
export interface Deployed {
  readonly service: string
  readonly deploymentId: string
  /** ARN of the task definition that it brings. */
  readonly taskDefinition: string
}

/**
 * Whether a task belongs to the deployment of a service. ECS writes the deployment's id into `startedBy`; where something else stands
 * there, the task definition and the time of creation tell (both by the clock of ECS, never by ours).
 */
export function belongsTo(
  task: Task,
  {service, deploymentId, taskDefinition}: Deployed,
  since: Date | undefined,
): boolean {
  if (!isOfService(task, service)) return false
  if (task.startedBy?.startsWith('ecs-svc/') === true) return task.startedBy === deploymentId
  const young =
    since === undefined || task.createdAt === undefined || task.createdAt.getTime() >= since.getTime() - 1000
  return task.taskDefinitionArn === taskDefinition && young
}
