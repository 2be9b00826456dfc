import type {Service, ServiceDeployment, Task} from '@aws-sdk/client-ecs'
import {taskSetOf} from './code-deploy-judge.ts'
import type {CodeDeployState, CodeDeployTarget} from './code-deploy.ts'
import type {Definition} from './definition.ts'
import type {Snapshot, Watched} from './judge.ts'
import type {Verdict} from './verdict.ts'
import {belongsTo, groupByCause, isStopped} from './task-groups.ts'
import type {TaskGroup} from './task-groups.ts'
import {targetGroupsOf} from './target-health.ts'
import type {SickTargets} from './target-health.ts'

// How long the tasks are left alone while nothing points at a change.
const TASK_LOOK_MS = 20_000
// While a complete deployment is watched on, a task may die and be replaced between two looks at the counts.
const STABLE_LOOK_MS = 6000
// All tasks run and the deployment is not complete: then it most often waits for the load balancer.
const TARGET_LOOK_MS = 20_000
// A record that is not shown after so many questions, a minute or so, is not shown at all.
const MOST_MISSES = 15
const UNHEALTHY = /unhealthy in|target-group/

/** What is known of one deployment while it is watched. */
export class Track {
  watched: Watched
  readonly definition: Definition
  verdict: Verdict | undefined
  /** Milliseconds since the epoch at which ECS was first seen to call it complete. */
  completedAt: number | undefined
  /** How many tasks had failed by then. */
  failedAtCompletion = 0
  /** When a task was last seen to have failed anew. */
  lastFailureAt = 0
  /** When repeated failures were first seen. */
  failingSince: number | undefined
  #service: Service | undefined
  #record: ServiceDeployment | undefined
  #recordArn: string | undefined
  #recordMisses = 0
  #blind = false
  #codeDeploy: CodeDeployState | undefined
  #traffic: CodeDeployTarget | undefined
  #seen = false
  #mostRunning = 0
  #gone = false
  #signature = ''
  #looked: number | undefined
  #everLooked = false
  #seenAt = 0
  #listedAt = -1
  #targetsLooked: number | undefined
  #unhealthyEvents = 0
  #targets: readonly SickTargets[] = []
  readonly #tasks = new Map<string, Task>()
  readonly #oldEvents: ReadonlySet<string>
  readonly #events = new Map<string, string>()

  /** @param before the service as the change answered it: its events are old news */
  constructor(watched: Watched, definition: Definition, before: Service | undefined) {
    this.watched = watched
    this.definition = definition
    this.#service = before
    this.#noticeRecord(before)
    this.#oldEvents = new Set((before?.events ?? []).map(({id = ''}) => id))
    if (before !== undefined) this.#signature = this.#signatureNow()
  }

  /** All that is known now. */
  get snapshot(): Snapshot {
    const service = this.#gone ? undefined : this.#service
    const {tasks, events} = this
    const [record, codeDeploy, seen, blind] = [this.#record, this.#codeDeploy, this.#seen, this.#blind]
    return {service, record, codeDeploy, tasks, seen, blind, events}
  }

  /** The tasks of the deployment that were ever seen. */
  get tasks(): readonly Task[] {
    return [...this.#tasks.values()]
  }

  /** What the service's events said since the change, oldest first. */
  get events(): readonly string[] {
    return [...this.#events.values()]
  }

  /** Failed tasks grouped by cause. */
  get failures(): readonly TaskGroup[] {
    return groupByCause(this.tasks, this.definition)
  }

  /** How many tasks of the deployment were seen to have failed. */
  get failedTasks(): number {
    return this.failures.reduce((sum, {tasks}) => sum + tasks.length, 0)
  }

  /** Whether each task that is meant to run does. */
  get allRunning(): boolean {
    return this.running >= (this.#service?.desiredCount ?? 0)
  }

  /** How many tasks of the deployment run. */
  get running(): number {
    return this.#service?.deployments?.find(({id}) => id === this.watched.deploymentId)?.runningCount ?? 0
  }

  /** ARN of the record that ECS keeps of this deployment; undefined where it keeps none, or does not show it. */
  get record(): string | undefined {
    return this.#blind ? undefined : this.#recordArn
  }

  /** The record is not to be seen: what the service shows must do. */
  doWithoutRecord(): void {
    this.#blind = true
  }

  /** Whether only its record or CodeDeploy tells how it ends, and there is one to ask. */
  get isDecidedElsewhere(): boolean {
    const {codeDeployId, staged} = this.watched
    return codeDeployId !== undefined || (staged && this.record !== undefined)
  }

  /** Whether tasks of the deployment fail, as far as that is seen without looking at each. */
  get isFailing(): boolean {
    const ours = this.#service?.deployments?.find(({id}) => id === this.watched.deploymentId)
    return (
      !this.allRunning && ((ours?.failedTasks ?? 0) > 0 || this.running < this.#mostRunning || this.failedTasks > 0)
    )
  }

  // The answer to a change, and a look right after it, may still name the record of the deployment before it.
  #noticeRecord(service: Service | undefined): void {
    const arn = service?.currentServiceDeployment
    if (arn !== undefined && arn !== this.watched.recordBefore) this.#recordArn ??= arn
  }

  // CodeDeploy makes its task set some time after it has taken the deployment.
  #noticeTaskSet(service: Service): void {
    const {codeDeployId, deploymentId} = this.watched
    const id = codeDeployId === undefined ? undefined : taskSetOf(service, codeDeployId)
    if (id !== undefined && id !== deploymentId) this.watched = {...this.watched, deploymentId: id}
  }

  /** Takes in what DescribeServices said. Gives the events that are new. */
  see(service: Service | undefined, now: number): readonly string[] {
    this.#seenAt = now
    this.#gone = service === undefined
    if (service === undefined) return []
    this.#service = service
    this.#noticeRecord(service)
    this.#noticeTaskSet(service)
    this.#mostRunning = Math.max(this.#mostRunning, this.running)
    if (service.deployments?.some(({id}) => id === this.watched.deploymentId) === true) this.#seen = true
    const fresh = (service.events ?? [])
      .filter(({id = ''}) => !this.#oldEvents.has(id) && !this.#events.has(id))
      .reverse()
    for (const {id = '', message = ''} of fresh) this.#events.set(id, message)
    return fresh.map(({message = ''}) => message)
  }

  /** Takes in what DescribeServiceDeployments said. */
  seeRecord(record: ServiceDeployment | undefined): void {
    if (record === undefined) this.#recordMisses += 1
    if (this.#record === undefined && this.#recordMisses >= MOST_MISSES) this.#blind = true
    this.#record = record ?? this.#record
  }

  /** Takes in what CodeDeploy said; a target that was not asked for this time stays as it was. */
  seeCodeDeploy(state: CodeDeployState): void {
    this.#codeDeploy = {...state, target: state.target ?? this.#traffic}
  }

  /** Takes in how far CodeDeploy is with the service. */
  seeTraffic(target: CodeDeployTarget | undefined): void {
    this.#traffic = target ?? this.#traffic
    if (this.#codeDeploy !== undefined) this.#codeDeploy = {...this.#codeDeploy, target: this.#traffic}
  }

  /** Targets that a load balancer last found unfit, with its reasons. */
  get targets(): readonly SickTargets[] {
    return this.#targets
  }

  /** Takes in what the load balancers said; that a target is gone by now is no reason to forget why. */
  seeTargets(targets: readonly SickTargets[], now: number): void {
    this.#targetsLooked = now
    this.#unhealthyEvents = this.#unhealthyNow()
    if (targets.length > 0) this.#targets = targets
  }

  #unhealthyNow(): number {
    return this.events.filter((event) => UNHEALTHY.test(event)).length
  }

  /** Whether the load balancers may know what the deployment waits for. */
  wantsTargets(now: number): boolean {
    if (this.#service === undefined || targetGroupsOf(this.#service).length === 0) return false
    if (this.#unhealthyNow() > this.#unhealthyEvents) return true
    if (!this.allRunning) return false
    this.#targetsLooked ??= now
    return now - this.#targetsLooked >= TARGET_LOOK_MS
  }

  /** Whether the counts or the events are not those of the last look at the tasks. */
  get hasChanged(): boolean {
    return this.#signatureNow() !== this.#signature
  }

  /** Whether something points at tasks having changed since they were last looked at. */
  wantsTasks(now: number): boolean {
    const pause = this.completedAt === undefined ? TASK_LOOK_MS : STABLE_LOOK_MS
    // Right after the change there is nothing to see, unless all runs already and the first look is the last.
    const first = this.#looked === undefined
    this.#looked ??= now
    return this.hasChanged || now - this.#looked >= pause || (!this.#everLooked && (this.allRunning || !first))
  }

  #signatureNow(): string {
    const ours = this.#service?.deployments?.find(({id}) => id === this.watched.deploymentId)
    const {failedTasks, runningCount, pendingCount, rolloutState} = ours ?? {}
    return [failedTasks, runningCount, pendingCount, rolloutState, this.#events.size].join('/')
  }

  /** ARNs of the tasks that had not stopped when they were last seen. */
  get openTasks(): readonly string[] {
    return this.tasks.filter((task) => !isStopped(task)).map(({taskArn = ''}) => taskArn)
  }

  /** Begins a look at the tasks. Gives whether nothing points at a change since the last one. */
  beginLook(now: number): boolean {
    const calm = !this.hasChanged && this.#everLooked
    this.#signature = this.#signatureNow()
    this.#looked = now
    this.#everLooked = true
    return calm
  }

  /** The tasks that are running or on their way, when they were listed since its service was last seen. */
  get openNow(): readonly Task[] | undefined {
    if (this.#listedAt < this.#seenAt) return undefined
    return this.tasks.filter((task) => !isStopped(task))
  }

  /** Takes in what was seen of tasks, or `all` that there are; those of other deployments and services are left out. */
  seeTasks(tasks: readonly Task[], now: number, all = false): void {
    if (all) this.#listedAt = now
    const failedBefore = this.failedTasks
    const since = this.#service?.deployments?.find(({id}) => id === this.watched.deploymentId)?.createdAt
    for (const task of tasks) if (belongsTo(task, this.watched, since)) this.#tasks.set(task.taskArn ?? '', task)
    if (this.failedTasks > failedBefore) this.lastFailureAt = now
  }
}
