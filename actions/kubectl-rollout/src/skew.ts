import type {World} from '../../shared/core/world.ts'
import type {ServerVersion} from '../../shared/kubernetes/change/preflight.ts'

interface Versions {
  readonly clientVersion?: {readonly gitVersion?: string; readonly minor?: string}
}

/**
 * Warns when kubectl and the API server are more than one minor version apart, which nobody tests
 * (https://kubernetes.io/releases/version-skew-policy/#kubectl).
 */
export async function warnOfSkew(world: World, kubectl: string, server: ServerVersion): Promise<void> {
  const {code, stdout} = await world.processes.call(kubectl, ['version', '--client', '-o', 'json'])
  const client = code === 0 ? read(stdout).clientVersion : undefined
  const apart = Math.abs(minorOf(client?.minor) - minorOf(server.minor))
  // A kubectl that does not say its version (a wrapper, a build of one's own) is not warned of.
  if (!Number.isFinite(apart) || apart <= 1) return
  world.log.warning(
    `kubectl is ${client?.gitVersion ?? ''} and the cluster ${server.gitVersion}: they should not be more than one minor version apart; set "kubectl-version: ${server.gitVersion.replace(/[-+].*$/, '')}".`,
  )
}

// EKS says "34+".
const minorOf = (text = ''): number => parseInt(text, 10)

function read(text: string): Versions {
  try {
    return JSON.parse(text) as Versions
  } catch {
    return {}
  }
}
