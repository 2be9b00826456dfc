import {RegisterTaskDefinitionCommand} from '@aws-sdk/client-ecs'
import {isTransient} from '../aws/errors.ts'
import type {World} from '../core/world.ts'
import {ask} from './aws.ts'
import type {Aws} from './aws.ts'
import type {Definition} from './definition.ts'
import {shortName} from './names.ts'
import {sameDefinition} from './normalise.ts'
import {persistOnce} from './persist.ts'
import {loadRegistered} from './load.ts'
import {explainRefusal} from './refusals.ts'

/**
 * The revision of this name, when it is this definition and new tasks can be started from it; undefined otherwise, also
 * when it may not be read.
 * @param name ARN, `family:revision`, or `family` for its newest
 */
export async function newestIfSame(aws: Aws, name: string, definition: Definition): Promise<string | undefined> {
  return await newestEqual(aws, name, definition).catch(() => undefined)
}

async function newestEqual(aws: Aws, name: string, definition: Definition): Promise<string | undefined> {
  const newest = await loadRegistered(aws, name)
  return newest.isActive && sameDefinition(newest.definition, definition) ? newest.arn : undefined
}

// While it cannot be seen whether there is one, nothing is registered again.
async function madeBefore(aws: Aws, definition: Definition): Promise<string | undefined> {
  try {
    return await newestEqual(aws, definition.family ?? '', definition)
  } catch (error) {
    if (isTransient(error)) throw error
    return undefined
  }
}

/**
 * Registers a task definition once and gives its ARN. ECS knows no token for this call: a try whose answer was lost may
 * have registered it, so the revision is looked for before the next one.
 * @throws {Failure} with what ECS has against it, in its own words where the table of refusals has none
 */
export async function registerOnce(world: World, aws: Aws, definition: Definition): Promise<string> {
  world.cancel.throwIfAborted()
  // By the client that does not try again by itself: a second call would make a second revision.
  const once = async (): Promise<string> => {
    const answer = await aws.poll.send(new RegisterTaskDefinitionCommand(definition))
    return answer.taskDefinition?.taskDefinitionArn ?? ''
  }
  const arn = await unlessRefused(definition.family ?? '', () =>
    persistOnce(world.clock, world.cancel, once, () => madeBefore(aws, definition)),
  )
  world.log.line(`  registered ${shortName(arn)}`)
  return arn
}

// What ECS refuses is the user's to correct, in ECS's own words.
async function unlessRefused<T>(family: string, call: () => Promise<T>): Promise<T> {
  try {
    return await ask('ecs:RegisterTaskDefinition', call)
  } catch (error) {
    throw explainRefusal(error, {
      subject: family,
      what: 'ECS refuses the task definition',
      advice: 'correct the task definition, then re-run this job',
      undo: 'nothing was registered and no service was changed',
    })
  }
}
