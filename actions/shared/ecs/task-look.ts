import type {Task} from '@aws-sdk/client-ecs'
import type {Eyes, Whose} from './look.ts'
import {shortName} from './names.ts'
import {isStopped} from './task-groups.ts'
import type {Track} from './track.ts'

// https://docs.aws.amazon.com/AmazonECS/latest/APIReference/API_DescribeTasks.html: a hundred tasks in one call.
const MOST_KNOWN = 100

/**
 * Looks at the tasks of deployments: those that stopped and those that are on their way. Services that were given one
 * family are looked at together, so that ten of them take no more calls than one.
 * @param now milliseconds since the epoch
 */
export async function lookAtTasks(eyes: Eyes, tracks: readonly Track[], now: number): Promise<void> {
  const calm = tracks.filter((track) => track.beginLook(now) && track.openTasks.length > 0)
  const restless = tracks.filter((track) => !calm.includes(track))
  const shaken = await notAsBefore(eyes, calm, now)
  for (const [whose, members] of together([...restless, ...shaken])) await list(eyes, whose, members, now)
}

// Nothing points at a change: that the known tasks are still there is known by one call instead of three.
async function notAsBefore(eyes: Eyes, calm: readonly Track[], now: number): Promise<readonly Track[]> {
  const known = calm.flatMap((track) => track.openTasks)
  if (known.length === 0 || known.length > MOST_KNOWN) return calm
  const seen = await eyes.describe(known)
  const shaken = calm.filter((track) => {
    const own = seen.filter(({taskArn = ''}) => track.openTasks.includes(taskArn))
    return own.length < track.openTasks.length || own.some(isStopped)
  })
  for (const track of calm) track.seeTasks(seen, now)
  return shaken
}

async function list(eyes: Eyes, whose: Whose, tracks: readonly Track[], now: number): Promise<void> {
  const listed = [...(await eyes.stopped(whose)), ...(await eyes.running(whose))]
  const there = new Set(listed.map(({taskArn}) => taskArn))
  const lost = tracks.flatMap((track) => track.openTasks.filter((arn) => !there.has(arn)))
  const found: readonly Task[] = [...listed, ...(await eyes.describe(lost))]
  for (const track of tracks) track.seeTasks(found, now, true)
}

/** How to list the tasks of several deployments: by family where that has more than one of them, else by service. */
export function together(tracks: readonly Track[]): (readonly [Whose, readonly Track[]])[] {
  const families = Map.groupBy(tracks, ({watched}) => shortName(watched.taskDefinition).replace(/:\d+$/, ''))
  return [...families].map(([family, members]) => {
    const [first] = members
    const alone = members.length === 1 && first !== undefined
    return [alone ? {serviceName: first.watched.service} : {family}, members] as const
  })
}
