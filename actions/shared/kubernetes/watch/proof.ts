import {parseImage} from '../../core/image-reference.ts'
import type {ContainerSpec} from './pod.ts'
import {containersOf} from './pod.ts'
import type {Standing} from './standing.ts'

/** What the pods of a workload's newest revision really run. */
export interface Proof {
  /** References as they were asked for, each once. */
  readonly images: readonly string[]
  /**
   * The digests of those that were asked for by digest, each once. A node cannot run other bytes under such a reference,
   * but it may call them by another digest: equal content of an earlier push keeps the name that the node saw first.
   */
  readonly asked: readonly string[]
  /** Digests that the nodes report for them (`imageID`), each once. */
  readonly running: readonly string[]
  /**
   * Whether every image asked for by digest is the one that the nodes report; undefined where no digest was asked for
   * or no pod runs.
   */
  readonly proven: boolean | undefined
}

/** Compares what was asked for with what the nodes say they run. */
export function proofOf({pods}: Standing): Proof {
  const pairs = pods.flatMap((pod) => {
    const asked = ((pod.spec?.['containers'] ?? []) as unknown as readonly ContainerSpec[]).map(
      ({name, image}) => [name, image ?? ''] as const,
    )
    const running = new Map(containersOf(pod).map(({name, imageID}) => [name, parseImage(imageID).digest]))
    return asked.map(([name, image]) => ({image, digest: parseImage(image).digest, running: running.get(name)}))
  })
  const pinned = pairs.filter(({digest}) => digest !== undefined)
  return {
    images: unique(pairs.map(({image}) => image)),
    asked: unique(pairs.flatMap(({digest}) => digest ?? [])),
    running: unique(pairs.flatMap(({running}) => running ?? [])),
    proven: pinned.length === 0 ? undefined : pinned.every(({digest, running}) => digest === running),
  }
}

function unique(values: readonly string[]): string[] {
  return [...new Set(values)].sort()
}
