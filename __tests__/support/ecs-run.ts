import type {Failure} from '../../actions/shared/core/diagnosis.ts'
import {asFailure, reportFailure} from '../../actions/shared/core/run.ts'
import type {World} from '../../actions/shared/core/world.ts'
import {scriptedEcs} from './scripted-ecs.ts'
import type {ScriptedEcs} from './scripted-ecs.ts'
import type {History} from './scripted-ecs-state.ts'
import {fakeClock, fakeWorld} from './world.ts'
import type {FakeWorld} from './world.ts'

/** An action's run against a scripted ECS, seen from outside. */
export interface EcsRun {
  readonly world: FakeWorld
  readonly ecs: ScriptedEcs
  readonly failure: Failure | undefined
  /** Seconds of the run's own clock. */
  readonly seconds: number
}

const CREDENTIALS = {AWS_ACCESS_KEY_ID: 'AKIATEST', AWS_SECRET_ACCESS_KEY: 'secret', AWS_REGION: 'eu-central-1'}

/**
 * Runs an action as the runner would, on a clock that jumps, against an ECS that plays `history`.
 * @param inputs by their names in action.yml
 * @param during called with the world before the run starts, for example to cancel it at some moment
 */
export async function runAgainst(
  run: (world: World) => Promise<void>,
  history: History,
  inputs: Readonly<Record<string, string>>,
  during: (world: FakeWorld) => void = () => undefined,
  env: Readonly<Record<string, string>> = {},
): Promise<EcsRun> {
  const clock = fakeClock()
  const ecs = await scriptedEcs(history, clock)
  const named = Object.fromEntries(
    Object.entries(inputs).map(([name, value]) => [`INPUT_${name.toUpperCase()}`, value]),
  )
  const saved: Readonly<Record<string, string | undefined>> = {...process.env}
  // The SDK's own chain reads these from the process, as it does in a job.
  Object.assign(process.env, CREDENTIALS, {AWS_ENDPOINT_URL: ecs.endpoint})
  const world = fakeWorld({env: {...CREDENTIALS, AWS_ENDPOINT_URL: ecs.endpoint, ...env, ...named}, clock})
  const started = clock.now()
  let failure: Failure | undefined
  try {
    during(world)
    await run(world)
  } catch (thrown) {
    failure = asFailure(thrown)
    reportFailure(world, failure, thrown)
  } finally {
    await ecs.close()
    for (const name of [...Object.keys(CREDENTIALS), 'AWS_ENDPOINT_URL']) {
      if (saved[name] === undefined) Reflect.deleteProperty(process.env, name)
      else process.env[name] = saved[name]
    }
  }
  return {world, ecs, failure, seconds: (clock.now() - started) / 1000}
}
