import {Failure} from '../../core/diagnosis.ts'
import {isForbidden, isPassing, KubeError} from './kube-error.ts'

/**
 * What a call that broke where nobody expected it says about the cluster: the way to it, or who we are to it. It is no
 * error of ours, and nothing to open an issue for. Anything else is given back as it is.
 */
export function clusterFailure(thrown: unknown): unknown {
  if (!(thrown instanceof KubeError)) return thrown
  const subject = 'Kubernetes API server'
  if (isForbidden(thrown)) {
    return new Failure({
      reason: 'access-denied',
      subject,
      cause: `it refuses what this run needs: ${thrown.message}`,
      advice:
        thrown.status === 401
          ? 'the credentials are not valid any more: let them live longer than the rollout, then re-run'
          : 'allow it in the role of this user (the README lists all that is needed), then re-run',
    })
  }
  if (!isPassing(thrown)) return thrown
  return new Failure({
    reason: 'unreachable',
    subject,
    cause: `it does not answer: ${thrown.message}`,
    advice: 'check the way to the cluster and its health, then re-run: what holds already is left alone',
  })
}
