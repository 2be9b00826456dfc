import {UpdateServiceCommand} from '@aws-sdk/client-ecs'
import {humanDuration} from '../../shared/core/clock.ts'
import {InputError} from '../../shared/core/errors.ts'
import type {World} from '../../shared/core/world.ts'
import type {Aws} from '../../shared/ecs/aws.ts'
import type {CodeDeployment} from '../../shared/ecs/code-deploy.ts'
import {shortName} from '../../shared/ecs/names.ts'
import {persist, persistOnce} from '../../shared/ecs/persist.ts'
import {findServices} from '../../shared/ecs/targets.ts'
import {fillAppSpec} from './app-spec.ts'
import type {Before, Undone} from './before.ts'

const RESTORE_MS = 600_000
const LOOK_MS = 2000
const OVER: ReadonlySet<string> = new Set(['Succeeded', 'Failed', 'Stopped'])

/**
 * Brings a service of CodeDeploy back to what ran before: stops the deployment and lets CodeDeploy move the traffic
 * back (https://docs.aws.amazon.com/codedeploy/latest/APIReference/API_StopDeployment.html); where it is over already
 * and the new tasks have the traffic, deploys what ran before.
 * @param id of the deployment that failed; undefined when only its group is known
 * @throws what AWS answers when that does not work
 */
export async function undoByCodeDeploy(
  world: World,
  aws: Aws,
  cluster: string,
  before: Before,
  id: string | undefined,
): Promise<Undone> {
  const {name, taskDefinition, codeDeploy} = before
  if (codeDeploy === undefined) throw new InputError(`The deployment group of ${name} is not known any more.`)
  const started = world.clock.now()
  const failed = id ?? (await aws.codeDeploy.active(codeDeploy.application, codeDeploy.group))[0]
  const moved = failed === undefined ? false : await stopped(world, aws, failed)
  await restoreCount(world, aws, cluster, before)
  const back = await runs(aws, cluster, before)
  const old = shortName(taskDefinition)
  if (back.isBack && !moved) {
    return {restored: true, sentence: `${name} still runs ${old}, ${back.counts}: CodeDeploy left it the traffic`}
  }
  if (!back.isBack) await deployBefore(world, aws, before)
  const now = back.isBack ? back : await untilBack(world, aws, cluster, before, started)
  if (!now.isBack) return {restored: false, sentence: `${name} goes back to ${old}, but is not there yet`}
  const took = humanDuration(world.clock.now() - started)
  return {restored: true, sentence: `${name} is back on ${old}, ${now.counts}, after ${took}`}
}

// Gives whether CodeDeploy made a deployment of its own to go back.
async function stopped(world: World, aws: Aws, id: string): Promise<boolean> {
  const found = await aws.codeDeploy.deployment(id)
  if (!OVER.has(found.status)) {
    world.log.line(`▸ Stopping deployment ${id}; CodeDeploy moves the traffic back`)
    await persist(world.clock, new AbortController().signal, () => aws.codeDeploy.stop(id))
  }
  const ended = await untilOver(world, aws, id)
  const back = ended?.rollbackInfo?.rollbackDeploymentId
  if (back === undefined) return false
  await untilOver(world, aws, back)
  return true
}

async function untilOver(world: World, aws: Aws, id: string): Promise<CodeDeployment | undefined> {
  const started = world.clock.now()
  while (world.clock.now() - started < RESTORE_MS) {
    const deployment = await aws.codeDeploy.deployment(id)
    if (OVER.has(deployment.status)) return deployment
    await world.clock.sleep(LOOK_MS)
  }
  return undefined
}

async function restoreCount(world: World, aws: Aws, cluster: string, {name, desiredCount}: Before): Promise<void> {
  if (desiredCount === undefined) return
  const command = new UpdateServiceCommand({cluster, service: name, desiredCount})
  await persist(world.clock, new AbortController().signal, () => aws.ecs.send(command))
}

async function deployBefore(world: World, aws: Aws, {taskDefinition, codeDeploy}: Before): Promise<void> {
  if (codeDeploy === undefined) return
  world.log.line(`▸ Back to ${shortName(taskDefinition)} by a deployment of CodeDeploy`)
  const {application, group, appSpec} = codeDeploy
  const filled = fillAppSpec(appSpec, taskDefinition)
  const order = {application, group, appSpec: filled, description: undefined, config: undefined}
  const id = await persistOnce(
    world.clock,
    new AbortController().signal,
    () => aws.codeDeploy.create(order),
    () => aws.codeDeploy.underWay(order),
  )
  world.log.line(`  CodeDeploy has taken deployment ${id}`)
}

interface Runs {
  readonly isBack: boolean
  /** `2/2 running` */
  readonly counts: string
}

async function runs(aws: Aws, cluster: string, {name, taskDefinition}: Before): Promise<Runs> {
  const [service] = await findServices(aws, cluster, [name])
  const primary = service?.deployments?.find(({status}) => status === 'PRIMARY')
  const counts = `${String(primary?.runningCount ?? 0)}/${String(service?.desiredCount ?? 0)} running`
  return {isBack: primary?.taskDefinition === taskDefinition, counts}
}

async function untilBack(world: World, aws: Aws, cluster: string, before: Before, started: number): Promise<Runs> {
  for (;;) {
    const now = await runs(aws, cluster, before)
    if (now.isBack || world.clock.now() - started >= RESTORE_MS) return now
    await world.clock.sleep(LOOK_MS)
  }
}
