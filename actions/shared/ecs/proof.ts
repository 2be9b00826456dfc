import type {Task} from '@aws-sdk/client-ecs'
import type {Definition} from './definition.ts'
import {parseImage} from './names.ts'

/** Which bytes run, and how that is known. */
export interface Proof {
  /** Container to digest, `sha256:<hex>`; containers whose digest nobody told are left out. */
  readonly digests: ReadonlyMap<string, string>
  /** One sentence: `2/2 tasks run sha256:51ab…`. */
  readonly sentence: string
  /** What contradicts the intended image; undefined when nothing does. */
  readonly mismatch: string | undefined
}

/**
 * Compares what tasks run with what their task definition asks for. An image given by digest is its own proof: no
 * other bytes can run under that reference. For one given by tag, ECS tells the digest it resolved
 * (https://docs.aws.amazon.com/AmazonECS/latest/APIReference/API_Container.html), which must be the same in all tasks.
 */
export function proveImages(tasks: readonly Task[], definition: Definition): Proof {
  const images = (definition.containerDefinitions ?? []).map(({name = '', image = ''}) => proveOne(tasks, name, image))
  const digests = new Map(images.flatMap(({name, digest}) => (digest === undefined ? [] : [[name, digest] as const])))
  const mismatches = images.flatMap(({mismatch}) => mismatch)
  const short = [...new Set(digests.values())].map((digest) => `${digest.slice(0, 19)}…`).join(', ')
  const what = short === '' ? 'the revision (by tag; ECS tells no digest)' : short
  const sentence = `${String(tasks.length)} ${tasks.length === 1 ? 'task runs' : 'tasks run'} ${what}`
  return {digests, sentence, mismatch: mismatches.length === 0 ? undefined : mismatches.join('; ')}
}

function proveOne(
  tasks: readonly Task[],
  name: string,
  image: string,
): {name: string; digest: string | undefined; mismatch: string[]} {
  const wanted = parseImage(image).digest
  const found = new Set(tasks.flatMap((task) => digestOf(task, name) ?? []))
  const strangers = tasks.filter((task) => (imageOf(task, name) ?? image) !== image).length
  const mixed = wanted === undefined && found.size > 1
  const mismatch = [
    ...(mixed ? [`container "${name}" runs ${String(found.size)} different digests under ${image}`] : []),
    ...(strangers > 0 ? [`container "${name}" runs another image in ${String(strangers)} tasks`] : []),
  ]
  return {name, digest: wanted ?? [...found][0], mismatch}
}

function digestOf(task: Task, container: string): string | undefined {
  return task.containers?.find(({name}) => name === container)?.imageDigest
}

function imageOf(task: Task, container: string): string | undefined {
  return task.containers?.find(({name}) => name === container)?.image
}
