import {
  DescribeServiceDeploymentsCommand,
  StopServiceDeploymentCommand,
  UpdateServiceCommand,
} from '@aws-sdk/client-ecs'
import type {Service, ServiceDeployment} from '@aws-sdk/client-ecs'
import {errorMessage} from '../../shared/core/errors.ts'
import type {World} from '../../shared/core/world.ts'
import {ask} from '../../shared/ecs/aws.ts'
import type {Aws} from '../../shared/ecs/aws.ts'
import {isCodeDeploys} from '../../shared/ecs/code-deploy-judge.ts'
import type {Definition} from '../../shared/ecs/definition.ts'
import {shortName} from '../../shared/ecs/names.ts'
import {persist} from '../../shared/ecs/persist.ts'
import {lookUpServices} from '../../shared/ecs/targets.ts'
import type {Outcome} from '../../shared/ecs/watch.ts'
import type {Before, Undone} from './before.ts'
import {removeCreated} from './remove-created.ts'
import {undoByCodeDeploy} from './undo-code-deploy.ts'
import {notBack, waitUntilBack} from './wait-until-back.ts'
import type {UnderWay} from './wait-until-back.ts'

const never = new AbortController().signal

/** A service to bring back. */
export interface Retreat {
  readonly before: Before
  /** How its deployment ended, when it was watched to its end. */
  readonly outcome?: Outcome | undefined
  /** What ran, where this run has read it. */
  readonly definition?: Definition | undefined
}

/** One that is brought back by a way of its own, which has begun. */
interface OwnWay {
  readonly undone: Promise<Undone>
}

/**
 * Brings services back to what ran before, all at once, and waits until they do. Never throws: the failure that made it
 * necessary is the news, and it is told together with how going back went.
 * @returns how it went, in the order of `retreats`
 */
export async function undo(
  world: World,
  aws: Aws,
  cluster: string,
  retreats: readonly Retreat[],
): Promise<readonly Undone[]> {
  const names = retreats.filter(({before}) => before.created !== true).map(({before}) => before.name)
  const known = lookUpServices(aws, cluster, names)
  const begun = await Promise.all(
    retreats.map((retreat) =>
      unlessBroken(retreat.before, async () => begin(world, aws, cluster, retreat, await known)),
    ),
  )
  const underWay = begun.filter((one) => 'before' in one)
  const ended = await waitUntilBack(world, aws, cluster, underWay)
  return await Promise.all(
    begun.map(async (one) => {
      if ('before' in one) return ended[underWay.indexOf(one)] ?? notBack(one.before, 'it is not known why')
      return 'undone' in one ? await one.undone : one
    }),
  )
}

async function unlessBroken<T>(before: Before, body: () => Promise<T>): Promise<T | Undone> {
  try {
    return await body()
  } catch (error) {
    return notBack(before, errorMessage(error))
  }
}

// Nobody waits for it before the others have begun, and are watched.
function ownWay(before: Before, body: () => Promise<Undone>): OwnWay {
  return {undone: unlessBroken(before, body)}
}

async function begin(
  world: World,
  aws: Aws,
  cluster: string,
  {before, outcome, definition}: Retreat,
  known: readonly Service[],
): Promise<Undone | UnderWay | OwnWay> {
  if (before.created === true) {
    return ownWay(before, () => removeCreated(world, aws, cluster, before.name, before.taskDefinition))
  }
  const old = known.find(({serviceName, status}) => serviceName === before.name && status === 'ACTIVE')
  if (old === undefined) return {restored: false, sentence: `${before.name} is gone`}
  if (isCodeDeploys(old)) {
    const id = outcome?.track.watched.codeDeployId
    return ownWay(before, () => undoByCodeDeploy(world, aws, cluster, before, id))
  }
  const byEcs = outcome?.verdict.kind === 'rolled-back' || hasGoneBack(old, before, outcome)
  if (!byEcs && isAsBefore(old, before)) {
    const same = `${before.name} runs ${shortName(before.taskDefinition)} as before, there was nothing to go back to`
    return {restored: false, sentence: same}
  }
  world.log.line(`▸ Back to ${shortName(before.taskDefinition)}${byEcs ? ', as ECS decided' : ''}`)
  const after = byEcs ? undefined : await goBack(world, aws, cluster, before, await recordOf(aws, old, outcome))
  return {before, old, after, definition}
}

function isAsBefore(now: Service, {taskDefinition, desiredCount, changed}: Before): boolean {
  if (changed === true) return false
  return now.taskDefinition === taskDefinition && (desiredCount === undefined || now.desiredCount === desiredCount)
}

// The breaker may have gone back before its verdict was seen: tasks that stop again and again were enough for ours.
function hasGoneBack(now: Service, before: Before, outcome: Outcome | undefined): boolean {
  if (outcome === undefined || outcome.track.watched.taskDefinition === before.taskDefinition) return false
  return isAsBefore(now, before)
}

// Gives the service as the change answered it; undefined where its deployment was stopped, and ECS goes back.
async function goBack(
  world: World,
  aws: Aws,
  cluster: string,
  before: Before,
  record: ServiceDeployment | undefined,
): Promise<Service | undefined> {
  if (record?.serviceDeploymentArn !== undefined && record.status === 'IN_PROGRESS') {
    if (await stopDeployment(aws, record.serviceDeploymentArn)) return undefined
  }
  const command = new UpdateServiceCommand({
    cluster,
    service: before.name,
    taskDefinition: before.taskDefinition,
    ...(before.desiredCount !== undefined && {desiredCount: before.desiredCount}),
  })
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
