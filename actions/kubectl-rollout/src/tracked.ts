import type {World} from '../../shared/core/world.ts'
import type {Applied} from '../../shared/kubernetes/change/apply.ts'
import {isWatched} from '../../shared/kubernetes/watch/rating.ts'
import type {Watcher} from '../../shared/kubernetes/watch/rollout.ts'
import type {Tracked} from '../../shared/kubernetes/watch/standing.ts'
import {rulesFor} from '../../shared/kubernetes/watch/wait-rules.ts'
import type {WaitRule} from '../../shared/kubernetes/watch/wait-rules.ts'
import {ownTimeout} from './own-timeout.ts'
import type {Prepared} from './prepared.ts'

/** What of the applied objects is waited for. @param rules of the user, beside those of the kinds */
export function trackedOf(applied: readonly Applied[], rules: readonly WaitRule[]): Tracked[] {
  return applied
    .map(({change: {wanted}, object}) => {
      const timeoutMs = ownTimeout(object)
      const {resource, namespace} = wanted
      return {resource, namespace, object, rules: rulesFor(object, rules), ...(timeoutMs !== undefined && {timeoutMs})}
    })
    .filter((one) => isWatched(one.object) || one.rules.length > 0)
}

/** What a wait of this run works with. */
export function watcherOf(world: World, {connection}: Prepared): Watcher {
  return {api: connection.api, clock: world.clock, log: world.log, cancel: world.cancel}
}
