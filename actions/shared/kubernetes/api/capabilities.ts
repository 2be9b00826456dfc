import type {KubeApi} from './kube-api.ts'
import {KubeError} from './kube-error.ts'
import {inParallel} from './parallel.ts'

interface ResourceList {
  readonly resources: readonly {readonly name: string; readonly kind: string}[]
}

interface GroupList {
  readonly groups: readonly {readonly versions: readonly {readonly groupVersion: string}[]}[]
}

/**
 * All API versions and kinds that the cluster serves, as charts ask for them with `.Capabilities.APIVersions.Has`:
 * `apps/v1`, `apps/v1/Deployment` (https://helm.sh/docs/chart_template_guide/builtin_objects/).
 * @throws {KubeError} when the server does not answer
 */
export async function apiVersionsOf(api: KubeApi): Promise<string[]> {
  const {groups} = await api.send<GroupList>({method: 'GET', path: '/apis'})
  const versions = groups.flatMap((group) => group.versions.map(({groupVersion}) => groupVersion))
  const kinds = await inParallel(['v1', ...versions], (version) => kindsOf(api, version))
  return kinds.flat()
}

async function kindsOf(api: KubeApi, version: string): Promise<string[]> {
  const path = version.includes('/') ? `/apis/${version}` : `/api/${version}`
  try {
    const {resources} = await api.send<ResourceList>({method: 'GET', path})
    const kinds = resources.filter(({name}) => !name.includes('/')).map(({kind}) => `${version}/${kind}`)
    return [version, ...new Set(kinds)]
  } catch (error) {
    // An API whose own server is down must not keep a chart from being rendered that does not use it.
    if (error instanceof KubeError && error.status !== 0) return [version]
    throw error
  }
}
