import type {Service} from '@aws-sdk/client-ecs'
import {InputError} from '../../shared/core/errors.ts'
import type {Environment} from '../../shared/core/inputs.ts'
import type {World} from '../../shared/core/world.ts'
import type {Aws} from '../../shared/ecs/aws.ts'
import {isCodeDeploys} from '../../shared/ecs/code-deploy-judge.ts'
import {checkDefinition} from '../../shared/ecs/check-definition.ts'
import type {Definition} from '../../shared/ecs/definition.ts'
import {render} from '../../shared/ecs/edits.ts'
import {shortName} from '../../shared/ecs/names.ts'
import {sameDefinition} from '../../shared/ecs/normalise.ts'
import {checkPreconditions} from '../../shared/ecs/preconditions.ts'
import {loadFile, loadRegistered} from '../../shared/ecs/load.ts'
import type {Loaded} from '../../shared/ecs/load.ts'
import {findServices, lookUpServices} from '../../shared/ecs/targets.ts'
import type {Patience} from '../../shared/ecs/referee.ts'
import {planCodeDeploy} from './code-deploy-plan.ts'
import {futureService, planCreation} from './create-service.ts'
import type {Creation} from './create-service.ts'
import type {Inputs} from './inputs.ts'
import {checkLoadBalancers} from './load-balancers.ts'
import {checkFits, readServiceFile} from './service-file.ts'
import {checkServicesFit} from './service-fit.ts'
import type {Target} from './target.ts'
import {checkTargetGroups} from './target-groups.ts'

/**
 * The services with what they run, after everything was checked that can be checked without a change.
 * @throws {InputError} when a cluster is missing, or a service that no file is there for, or when it has a controller
 * that others drive
 */
export async function findTargets(world: World, aws: Aws, inputs: Inputs): Promise<Target[]> {
  const {creations, known} = await planCreations(world.env, aws, inputs)
  const present = inputs.services.filter((name) => !creations.has(name))
  const hint = 'or give the file of a new one with create-service'
  const services = await findServices(aws, inputs.cluster, present, {hint, known})
  for (const service of services) refuseOtherControllers(service, inputs)
  const made = [...creations].map(([name, creation]) => ({
    name,
    service: futureService(creation),
    running: undefined,
    creation,
  }))
  const load = onceEach((arn: string) => loadRegistered(aws, arn))
  const found = await Promise.all(
    services.map(async (service) => ({
      name: service.serviceName ?? '',
      service,
      running: await load(service.taskDefinition ?? ''),
      ...(isCodeDeploys(service) &&
        inputs.mode !== 'register' && {
          codeDeploy: await planCodeDeploy(world.env, aws, inputs.cluster, service, inputs.codeDeploy),
        }),
    })),
  )
  return [...found, ...made]
}

// Services that run the same revision ask for it once.
function onceEach<T>(load: (name: string) => Promise<T>): (name: string) => Promise<T> {
  const loads = new Map<string, Promise<T>>()
  return (name) => {
    const loading = loads.get(name) ?? load(name)
    loads.set(name, loading)
    return loading
  }
}

interface Plans {
  readonly creations: ReadonlyMap<string, Creation>
  /** What ECS said of all services; undefined: it was not asked. */
  readonly known: readonly Service[] | undefined
}

// The file is read even when every service is there: a mistake in it is found on the day it is made.
async function planCreations(env: Environment, aws: Aws, inputs: Inputs): Promise<Plans> {
  const {createService, cluster, services} = inputs
  if (createService === undefined) return {creations: new Map(), known: undefined}
  const file = await readServiceFile(env, createService, {cluster, services})
  const known = await lookUpServices(aws, cluster, services)
  const missing = services.filter(
    (name) => !known.some(({serviceName, status}) => serviceName === name && status !== 'INACTIVE'),
  )
  return {creations: new Map(missing.map((name) => [name, planCreation(file, inputs, name)])), known}
}

// Without a controller in the answer it is ECS: https://github.com/aws-actions/amazon-ecs-deploy-task-definition/issues/384.
function refuseOtherControllers({serviceName = '', deploymentController}: Service, {update}: Inputs): void {
  const kind = deploymentController?.type ?? 'ECS'
  // https://docs.aws.amazon.com/AmazonECS/latest/APIReference/API_UpdateService.html
  if (kind === 'CODE_DEPLOY' && update.enableExecuteCommand !== undefined) {
    throw new InputError(
      `Input "enable-execute-command" cannot be set on service "${serviceName}", which CodeDeploy deploys: ECS takes it for services of the controller ECS only. Nothing was registered.`,
    )
  }
  if (kind === 'ECS' || kind === 'CODE_DEPLOY') return
  throw new InputError(
    `Service "${serviceName}" has the deployment controller ${kind}: its task sets are driven by another system: deploy with that system. Nothing was registered.`,
  )
}

/**
 * The task definition that is wanted: the base with the user's edits; with the ARN of the base where they change nothing.
 * @throws {InputError} when it cannot be read, names what is not there, or would be refused by ECS
 */
export async function renderWanted(
  world: World,
  aws: Aws,
  inputs: Inputs,
  targets: readonly Target[],
): Promise<Loaded> {
  const base = await loadBase(world.env, aws, inputs, targets)
  const rendered = render(base.definition, inputs.edits)
  const wanted = keepTags(rendered, targets)
  checkDefinition(wanted)
  checkLoadBalancers(
    targets.map(({service}) => service),
    wanted,
  )
  if (inputs.mode !== 'register') {
    const present = targets.filter(({creation}) => creation === undefined)
    checkServicesFit(
      present.map(({service}) => service),
      wanted,
      inputs.update,
    )
  }
  for (const {creation} of targets) {
    if (creation !== undefined) checkFits(creation, wanted, inputs.createService ?? '')
  }
  const running = targets.flatMap((target) => target.running?.definition ?? [])
  const unknown = [
    ...(await checkTargetGroups(aws, targets, wanted)),
    ...(await checkPreconditions(world.env, aws, wanted, running)),
  ]
  for (const line of unknown) world.log.line(`  (${line})`)
  const isBase = base.arn !== undefined && base.isActive === true && sameDefinition(base.definition, wanted)
  return {definition: wanted, ...(isBase && {arn: base.arn})}
}

async function loadBase(env: Environment, aws: Aws, {source}: Inputs, targets: readonly Target[]): Promise<Loaded> {
  if (source.kind === 'file') return await loadFile(env, source.path)
  if (source.kind === 'registered') return await loadRegistered(aws, source.name)
  const running = targets.flatMap((target) => target.running ?? [])
  const families = new Set(running.map(({definition}) => definition.family))
  const [first] = running
  if (first === undefined) {
    throw new InputError(
      `Input "task-definition" is "service", and service "${targets[0]?.name ?? ''}" does not exist yet: give a file, a family or an ARN. Nothing was registered.`,
    )
  }
  if (families.size > 1) {
    throw new InputError(
      `Input "task-definition" is "service", but the services run different families (${[...families].join(', ')}): deploy them in separate steps.`,
    )
  }
  return first
}

// A file that says nothing of tags means "as they are", not "without".
function keepTags(wanted: Definition, targets: readonly Target[]): Definition {
  const same = targets.find(({running}) => running?.definition.family === wanted.family)
  const tags = same?.running?.definition.tags
  return wanted.tags !== undefined || tags === undefined ? wanted : {...wanted, tags}
}

/** `StreamingCluster/APIService` for one service, the names for several. */
export function targetNames(cluster: string, targets: readonly Target[]): string {
  return targets.map(({name}) => `${shortName(cluster)}/${name}`).join(', ')
}

const LONGEST_WAIT_MS = 360 * 60_000

/** The user's patience, longer by what CodeDeploy itself waits on the way, six hours at most. */
export function patienceFor({patience}: Inputs, targets: readonly Target[]): Patience {
  const waits = Math.max(0, ...targets.map(({codeDeploy}) => codeDeploy?.waitsMs ?? 0))
  return {...patience, timeoutMs: Math.min(Math.max(LONGEST_WAIT_MS, patience.timeoutMs), patience.timeoutMs + waits)}
}
