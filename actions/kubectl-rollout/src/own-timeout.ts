import {InputError} from '../../shared/core/errors.ts'
import {parseDuration} from '../../shared/kubernetes/duration.ts'
import {where} from '../../shared/kubernetes/manifests/manifest-set.ts'
import type {Manifest} from '../../shared/kubernetes/manifests/manifest-set.ts'
import {title} from '../../shared/kubernetes/object.ts'
import type {KubeObject} from '../../shared/kubernetes/object.ts'

/** The annotation with which one object says how long it may take, shorter or longer than the input `timeout`. */
const TIMEOUT = 'slipway.dev/timeout'

/** How long an object may take by its own word, in milliseconds; undefined when it says nothing. */
export function ownTimeout({metadata}: KubeObject): number | undefined {
  const text = metadata.annotations?.[TIMEOUT]
  return text === undefined ? undefined : parseDuration(text)
}

/** @throws {InputError} for an annotation that is no time */
export function checkOwnTimeouts(manifests: readonly Manifest[]): void {
  for (const {object, place} of manifests) {
    // A manifest may hold anything here, whatever the type says.
    const text = JSON.stringify(object.metadata.annotations?.[TIMEOUT]) as string | undefined
    const ms = text === undefined ? 1 : parseDuration(text.replace(/^"(.*)"$/, '$1'))
    if (ms !== undefined && ms > 0) continue
    throw new InputError(
      `${title(object)} (${where(place)}) has the annotation ${TIMEOUT}: ${text ?? ''}: give a time like 90s, 10m or 1h30m.`,
    )
  }
}
