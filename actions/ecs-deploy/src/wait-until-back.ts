import type {Service} from '@aws-sdk/client-ecs'
import {humanDuration} from '../../shared/core/clock.ts'
import {errorMessage} from '../../shared/core/errors.ts'
import type {World} from '../../shared/core/world.ts'
import type {Aws} from '../../shared/ecs/aws.ts'
import type {Definition} from '../../shared/ecs/definition.ts'
import {shortName} from '../../shared/ecs/names.ts'
import {loadRegistered} from '../../shared/ecs/load.ts'
import {lookUpServices} from '../../shared/ecs/targets.ts'
import {watch} from '../../shared/ecs/watch.ts'
import type {Outcome, Subject} from '../../shared/ecs/watch.ts'
import {subject} from './subject.ts'
import type {Before, Undone} from './before.ts'

const RESTORE_MS = 600_000
const LOOK_MS = 2000
const never = new AbortController().signal

/** One that is on its way back. */
export interface UnderWay {
  readonly before: Before
  readonly old: Service
  /** As the change answered it; undefined where ECS goes back by itself and is waited for. */
  readonly after: Service | undefined
  /** What ran before, where that was read already. */
  readonly definition?: Definition | undefined
}

/** That it did not work, and why. */
export function notBack({name, created, taskDefinition}: Before, why: string): Undone {
  const aim = created === true ? `removing ${name}` : `going back to ${shortName(taskDefinition)}`
  return {restored: false, sentence: `${aim} did not work: ${why}`}
}

/** Waits until services that are on their way back run what ran before; gives how that went, in their order. */
export async function waitUntilBack(
  world: World,
  aws: Aws,
  cluster: string,
  underWay: readonly UnderWay[],
): Promise<readonly Undone[]> {
  if (underWay.length === 0) return []
  try {
    const afters = await untilPrimary(world, aws, cluster, underWay)
    const subjects = await Promise.all(underWay.map((one, at) => subjectOf(aws, one, afters[at] ?? {})))
    const patience = {timeoutMs: RESTORE_MS, stableForMs: 0, failAfter: 3}
    // A rollback that ECS started is not ours to be cancelled out of; one of ours is watched to its end as well.
    const outcomes = await watch({...world, cancel: never}, aws, cluster, subjects, patience)
    return underWay.map(({before}, at) => told(before, outcomes[at]))
  } catch (error) {
    return underWay.map(({before}) => notBack(before, errorMessage(error)))
  }
}

// A rollback by ECS was decided before it is seen: for a while the failed deployment still holds the first place.
async function untilPrimary(
  world: World,
  aws: Aws,
  cluster: string,
  underWay: readonly UnderWay[],
): Promise<readonly Service[]> {
  const started = world.clock.now()
  const found = new Map<UnderWay, Service>()
  for (;;) {
    const waiting = underWay.filter((one) => one.after === undefined && !isBack(one, found.get(one)))
    if (waiting.length === 0 || world.clock.now() - started >= RESTORE_MS) {
      return underWay.map((one) => one.after ?? found.get(one) ?? {})
    }
    if (found.size > 0) await world.clock.sleep(LOOK_MS)
    const names = waiting.map(({before}) => before.name)
    const services = await lookUpServices(aws, cluster, names)
    for (const one of waiting) {
      found.set(one, services.find(({serviceName}) => serviceName === one.before.name) ?? {})
    }
  }
}

function isBack({before}: UnderWay, service: Service | undefined): boolean {
  const primary = service?.deployments?.find(({status}) => status === 'PRIMARY')
  return primary?.taskDefinition === before.taskDefinition
}

async function subjectOf(aws: Aws, {before, old, definition: known}: UnderWay, after: Service): Promise<Subject> {
  const definition = known ?? (await loadRegistered(aws, before.taskDefinition)).definition
  const {watched, ...rest} = subject(old, after, definition)
  return {
    ...rest,
    watched: {...watched, recordBefore: after.currentServiceDeployment, staged: false, previous: undefined},
  }
}

function told(before: Before, outcome: Outcome | undefined): Undone {
  const state = outcome?.track.snapshot.service
  const running = `${String(outcome?.track.running ?? 0)}/${String(state?.desiredCount ?? 0)} running`
  const name = shortName(before.taskDefinition)
  if (outcome?.verdict.kind !== 'completed') {
    return {restored: false, sentence: `${before.name} goes back to ${name}, but is not there yet: ${running}`}
  }
  const took = humanDuration(outcome.tookMs)
  return {restored: true, sentence: `${before.name} is back on ${name}, ${running}, after ${took}`}
}
