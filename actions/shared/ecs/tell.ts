import type {Service, ServiceDeployment, Task} from '@aws-sdk/client-ecs'
import {codeDeployWords} from './code-deploy-judge.ts'
import type {Definition} from './definition.ts'
import {isYoung} from './judge.ts'
import {shortTask} from './names.ts'
import {causeIn, isStopped} from './task-groups.ts'
import {explainTargets} from './target-health.ts'
import type {SickTargets} from './target-health.ts'
import type {Track} from './track.ts'

/** What a task that does not serve yet waits for; undefined when it waits for nothing. */
export function waitingFor(task: Task, definition: Definition): string | undefined {
  switch (task.lastStatus) {
    case 'PROVISIONING':
      return 'getting a network interface'
    case 'PENDING':
      if (task.pullStartedAt !== undefined && task.pullStoppedAt === undefined) return 'pulling image'
      return task.pullStoppedAt === undefined ? 'preparing' : 'starting'
    case 'ACTIVATING':
      return 'starting'
    case 'RUNNING':
      return unhealthyWord(task, definition)
    default:
      return undefined
  }
}

function unhealthyWord(task: Task, {containerDefinitions = []}: Definition): string | undefined {
  if (!containerDefinitions.some(({healthCheck}) => healthCheck !== undefined)) return undefined
  if (task.healthStatus === 'UNHEALTHY') return 'unhealthy'
  return task.healthStatus === 'HEALTHY' ? undefined : 'health check under way'
}

/** Where a deployment stands, in one line: `1/2 running, 1 pending: pulling image (1)`. */
export function stateLine({watched, definition, snapshot, running, targets}: Track): string {
  const {service, record, codeDeploy, tasks} = snapshot
  if (service === undefined) {
    return isYoung(watched, snapshot) ? 'ECS does not show the service yet' : 'the service is gone'
  }
  const {pendingCount, failedTasks} = service.deployments?.find(({id}) => id === watched.deploymentId) ?? {}
  const target = record?.targetServiceRevision
  return [
    `${String(target?.runningTaskCount ?? running)}/${String(service.desiredCount ?? watched.desired)} running`,
    ...counted(target?.pendingTaskCount ?? pendingCount, 'pending'),
    ...counted(failedTasks, 'failed'),
    ...waits(tasks, definition),
    ...targetWords(targets),
    ...stageWords(record),
    ...(codeDeploy === undefined ? [] : codeDeployWords(codeDeploy)),
    ...counted(oldRunning(service, watched.deploymentId), 'old still running'),
  ].join(', ')
}

function counted(count: number | undefined, what: string): string[] {
  return count === undefined || count === 0 ? [] : [`${String(count)} ${what}`]
}

function oldRunning(service: Service, deploymentId: string): number {
  const old = (service.deployments ?? []).filter(({id}) => id !== deploymentId)
  return old.reduce((sum, {runningCount = 0}) => sum + runningCount, 0)
}

function waits(tasks: readonly Task[], definition: Definition): string[] {
  const counts = new Map<string, number>()
  for (const task of tasks.filter((one) => !isStopped(one))) {
    const word = waitingFor(task, definition)
    if (word !== undefined) counts.set(word, (counts.get(word) ?? 0) + 1)
  }
  return [...counts].map(([word, count]) => `${word} (${String(count)})`)
}

function targetWords(targets: readonly SickTargets[]): string[] {
  const why = explainTargets(targets)
  return why === undefined ? [] : [`not fit for the load balancer: ${why.sentence}`]
}

function stageWords(record: ServiceDeployment | undefined): string[] {
  if (record?.lifecycleStage === undefined) return []
  const stage = record.lifecycleStage.toLowerCase().replaceAll('_', ' ')
  const {requestedProductionTrafficWeight: weight, requestedTestTrafficWeight: test} =
    record.targetServiceRevision ?? {}
  const paused = record.lifecycleHookDetails?.some(({status}) => String(status) === 'AWAITING_ACTION') === true
  return [
    `stage ${stage}`,
    ...(weight === undefined ? [] : [`${String(weight)} % of traffic`]),
    ...(test === undefined || test === 0 ? [] : [`${String(test)} % of test traffic`]),
    ...(paused ? ['paused: waits for somebody to continue it'] : []),
  ]
}

/** One line for a task that failed: `task 7d1e stopped: container "api" exits with code 3 right after start`. */
export function stopLine(task: Task, definition: Definition): string | undefined {
  const cause = causeIn(task, definition)
  return cause === undefined ? undefined : `task ${shortTask(task.taskArn)} stopped: ${cause.sentence}`
}

/** An event of the service without its name in front, on one line. */
export function eventLine(message: string): string {
  return message.replace(/^\(service [^)]*\)\s*/, '').trim()
}
