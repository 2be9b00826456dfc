import {
  DescribeServiceDeploymentsCommand,
  DescribeServicesCommand,
  DescribeTasksCommand,
  ListTasksCommand,
} from '@aws-sdk/client-ecs'
import type {DesiredStatus, ECSClient, Service, ServiceDeployment, Task} from '@aws-sdk/client-ecs'
import {withTaskSets} from './code-deploy-judge.ts'
import {isStopped} from './task-groups.ts'

// https://docs.aws.amazon.com/AmazonECS/latest/APIReference/API_DescribeServices.html: ten services in one call.
const SERVICES_PER_CALL = 10
// https://docs.aws.amazon.com/AmazonECS/latest/APIReference/API_DescribeServiceDeployments.html
const RECORDS_PER_CALL = 20
const TASKS_PER_CALL = 100
// More stopped tasks than this say nothing new about why a deployment fails.
const MOST_PAGES = 3
// A service runs 5000 tasks at most: https://docs.aws.amazon.com/AmazonECS/latest/developerguide/service-quotas.html
const ALL_PAGES = 50

/** Which tasks to list: those of one service, or of all services that run a family. */
export type Whose = {readonly serviceName: string} | {readonly family: string}

/** Looks at ECS and counts the calls it takes. */
export class Eyes {
  readonly #client: ECSClient
  readonly #cluster: string
  /** Calls made so far. */
  calls = 0
  // A stopped task never changes again: what it says is asked for once.
  readonly #stopped = new Map<string, Task>()

  constructor(client: ECSClient, cluster: string) {
    this.#client = client
    this.#cluster = cluster
  }

  /** The services by name; one that is gone is not in the map. */
  async services(names: readonly string[]): Promise<ReadonlyMap<string, Service>> {
    const found = new Map<string, Service>()
    for (let at = 0; at < names.length; at += SERVICES_PER_CALL) {
      this.calls += 1
      const services = names.slice(at, at + SERVICES_PER_CALL)
      const answer = await this.#client.send(new DescribeServicesCommand({cluster: this.#cluster, services}))
      for (const service of answer.services ?? []) found.set(service.serviceName ?? '', withTaskSets(service))
    }
    return found
  }

  /** Service deployments by their ARNs; one that ECS has no record of is not in the map. */
  async deployments(arns: readonly string[]): Promise<ReadonlyMap<string, ServiceDeployment>> {
    const found = new Map<string, ServiceDeployment>()
    for (let at = 0; at < arns.length; at += RECORDS_PER_CALL) {
      this.calls += 1
      const command = new DescribeServiceDeploymentsCommand({
        serviceDeploymentArns: arns.slice(at, at + RECORDS_PER_CALL),
      })
      const {serviceDeployments = []} = await this.#client.send(command)
      for (const record of serviceDeployments) found.set(record.serviceDeploymentArn ?? '', record)
    }
    return found
  }

  /** All tasks that are running or on their way. */
  async running(whose: Whose): Promise<Task[]> {
    return await this.describe(await this.#list(whose, 'RUNNING', ALL_PAGES))
  }

  /** Tasks that have stopped of late or are about to; of very many, some hundreds. */
  async stopped(whose: Whose): Promise<Task[]> {
    return await this.describe(await this.#list(whose, 'STOPPED', MOST_PAGES))
  }

  async #list(whose: Whose, desiredStatus: DesiredStatus, most: number): Promise<string[]> {
    const found: string[] = []
    let nextToken: string | undefined
    for (let page = 0; page < most; page += 1) {
      this.calls += 1
      const listed = await this.#client.send(
        new ListTasksCommand({cluster: this.#cluster, ...whose, desiredStatus, ...(nextToken && {nextToken})}),
      )
      found.push(...(listed.taskArns ?? []))
      nextToken = listed.nextToken
      if (nextToken === undefined) break
    }
    return found
  }

  /** Tasks by their ARNs, in calls of a hundred. */
  async describe(arns: readonly string[]): Promise<Task[]> {
    const found = arns.flatMap((arn) => this.#stopped.get(arn) ?? [])
    const unknown = arns.filter((arn) => !this.#stopped.has(arn))
    for (let at = 0; at < unknown.length; at += TASKS_PER_CALL) {
      this.calls += 1
      const tasks = unknown.slice(at, at + TASKS_PER_CALL)
      const answer = await this.#client.send(new DescribeTasksCommand({cluster: this.#cluster, tasks}))
      found.push(...(answer.tasks ?? []))
    }
    for (const task of found) if (isStopped(task)) this.#stopped.set(task.taskArn ?? '', task)
    return found
  }
}
