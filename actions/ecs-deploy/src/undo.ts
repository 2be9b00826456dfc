import {
  DescribeServiceDeploymentsCommand,
  StopServiceDeploymentCommand,
  UpdateServiceCommand,
} from '@aws-sdk/client-ecs'
import type {Service, ServiceDeployment} from '@aws-sdk/client-ecs'
import {humanDuration} from '../../shared/core/clock.ts'
import {errorMessage} from '../../shared/core/errors.ts'
import type {World} from '../../shared/core/world.ts'
import {ask} from '../../shared/ecs/aws.ts'
import type {Aws} from '../../shared/ecs/aws.ts'
import {isCodeDeploys} from '../../shared/ecs/code-deploy-judge.ts'
import {shortName} from '../../shared/ecs/names.ts'
import {persist} from '../../shared/ecs/persist.ts'
import {loadRegistered} from '../../shared/ecs/load.ts'
import {findServices} from '../../shared/ecs/targets.ts'
import {watch} from '../../shared/ecs/watch.ts'
import type {Outcome} from '../../shared/ecs/watch.ts'
import type {AppSpec} from './app-spec.ts'
import {removeCreated} from './remove-created.ts'
import {subject} from './subject.ts'
import {undoByCodeDeploy} from './undo-code-deploy.ts'

/** What a service is brought back to. */
export interface Before {
  readonly name: string
  /** ARN of the task definition that ran; of the one that it was made with, when this run made the service. */
  readonly taskDefinition: string
  /** How many tasks were meant to run; undefined when the change left that alone, and so does going back. */
  readonly desiredCount: number | undefined
  /** Where CodeDeploy deploys it: the group, and the AppSpec to go back with. */
  readonly codeDeploy?: CodeDeployBefore | undefined
  /** Whether ECS has just taken the change: what it shows may be older than that. */
  readonly changed?: boolean | undefined
  /** Whether the service did not exist before. */
  readonly created?: boolean | undefined
}

/** What going back by CodeDeploy takes. */
export interface CodeDeployBefore {
  readonly application: string
  readonly group: string
  readonly appSpec: AppSpec
}

/** How going back went. */
export interface Undone {
  readonly restored: boolean
  /** `APIService is back on streaming-api:41, 2/2 running, after 21 s` */
  readonly sentence: string
}

const RESTORE_MS = 600_000
const LOOK_MS = 2000

/**
 * Brings a service back to what ran before, and waits until it does. Never throws: the failure that made it necessary
 * is the news, and it is told together with how going back went.
 * @param outcome how the deployment ended, when it was watched to its end
 */
export async function undo(
  world: World,
  aws: Aws,
  cluster: string,
  before: Before,
  outcome: Outcome | undefined,
): Promise<Undone> {
  try {
    if (before.created === true) return await removeCreated(world, aws, cluster, before.name, before.taskDefinition)
    const byEcs = outcome?.verdict.kind === 'rolled-back'
    const [now] = await findServices(aws, cluster, [before.name])
    if (now === undefined) return {restored: false, sentence: `${before.name} is gone`}
    if (isCodeDeploys(now)) {
      return await undoByCodeDeploy(world, aws, cluster, before, outcome?.track.watched.codeDeployId)
    }
    if (!byEcs && isAsBefore(now, before)) {
      const same = `${before.name} runs ${shortName(before.taskDefinition)} as before, there was nothing to go back to`
      return {restored: false, sentence: same}
    }
    world.log.line(`▸ Back to ${shortName(before.taskDefinition)}${byEcs ? ', as ECS decided' : ''}`)
    const after = byEcs
      ? await untilPrimary(world, aws, cluster, before)
      : await goBack(world, aws, cluster, before, await recordOf(aws, now, outcome))
    return await waitUntilBack(world, aws, cluster, before, now, after)
  } catch (error) {
    const aim =
      before.created === true ? `removing ${before.name}` : `going back to ${shortName(before.taskDefinition)}`
    const problem = `${aim} did not work: ${errorMessage(error)}`
    return {restored: false, sentence: problem}
  }
}

function isAsBefore(now: Service, {taskDefinition, desiredCount, changed}: Before): boolean {
  if (changed === true) return false
  return now.taskDefinition === taskDefinition && (desiredCount === undefined || now.desiredCount === desiredCount)
}

async function goBack(
  world: World,
  aws: Aws,
  cluster: string,
  before: Before,
  record: ServiceDeployment | undefined,
): Promise<Service> {
  if (record?.serviceDeploymentArn !== undefined && record.status === 'IN_PROGRESS') {
    const stopped = await stopDeployment(aws, record.serviceDeploymentArn)
    if (stopped) return await untilPrimary(world, aws, cluster, before)
  }
  const command = new UpdateServiceCommand({
    cluster,
    service: before.name,
    taskDefinition: before.taskDefinition,
    ...(before.desiredCount !== undefined && {desiredCount: before.desiredCount}),
  })
  const never = new AbortController().signal
  const answer = await ask('ecs:UpdateService', () => persist(world.clock, never, () => aws.ecs.send(command)))
  return answer.service ?? {}
}

// Nobody has watched a deployment that is undone right after its start, or by the post step: it may have a record too.
async function recordOf(
  aws: Aws,
  {currentServiceDeployment: arn, deploymentConfiguration}: Service,
  outcome: Outcome | undefined,
): Promise<ServiceDeployment | undefined> {
  if (outcome !== undefined) return outcome.track.snapshot.record
  if (arn === undefined || (deploymentConfiguration?.strategy ?? 'ROLLING') === 'ROLLING') return undefined
  const command = new DescribeServiceDeploymentsCommand({serviceDeploymentArns: [arn]})
  // Not allowed to look: the way by UpdateService is open in any case.
  const answer = await aws.ecs.send(command).catch(() => undefined)
  return answer?.serviceDeployments?.[0]
}

// A rollback by ECS was decided before it is seen: for a while the failed deployment still holds the first place.
async function untilPrimary(world: World, aws: Aws, cluster: string, before: Before): Promise<Service> {
  const started = world.clock.now()
  for (;;) {
    const [service = {}] = await findServices(aws, cluster, [before.name])
    const primary = service.deployments?.find(({status}) => status === 'PRIMARY')
    const isBack = primary?.taskDefinition === before.taskDefinition
    if (isBack || world.clock.now() - started >= RESTORE_MS) return service
    await world.clock.sleep(LOOK_MS)
  }
}

// Works without a rollback configured on the service: https://docs.aws.amazon.com/AmazonECS/latest/APIReference/API_StopServiceDeployment.html
async function stopDeployment(aws: Aws, serviceDeploymentArn: string): Promise<boolean> {
  try {
    await aws.ecs.send(new StopServiceDeploymentCommand({serviceDeploymentArn, stopType: 'ROLLBACK'}))
    return true
  } catch {
    // Not allowed, or it has just ended: the way by UpdateService is still open.
    return false
  }
}

async function waitUntilBack(
  world: World,
  aws: Aws,
  cluster: string,
  before: Before,
  old: Service,
  after: Service,
): Promise<Undone> {
  const {definition} = await loadRegistered(aws, before.taskDefinition)
  const patience = {timeoutMs: RESTORE_MS, stableForMs: 0, failAfter: 3}
  // A rollback that ECS started is not ours to be cancelled out of; one of ours is watched to its end as well.
  const calm = {...world, cancel: new AbortController().signal}
  const {watched, ...rest} = subject(old, after, definition)
  const subjects = [
    {...rest, watched: {...watched, recordBefore: after.currentServiceDeployment, staged: false, previous: undefined}},
  ]
  const [outcome] = await watch(calm, aws, cluster, subjects, patience)
  const state = outcome?.track.snapshot.service
  const running = `${String(outcome?.track.running ?? 0)}/${String(state?.desiredCount ?? 0)} running`
  const name = shortName(before.taskDefinition)
  if (outcome?.verdict.kind !== 'completed') {
    return {restored: false, sentence: `${before.name} goes back to ${name}, but is not there yet: ${running}`}
  }
  const took = humanDuration(outcome.tookMs)
  return {restored: true, sentence: `${before.name} is back on ${name}, ${running}, after ${took}`}
}
