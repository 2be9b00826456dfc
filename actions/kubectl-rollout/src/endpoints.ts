import type {KubeApi} from '../../shared/kubernetes/api/kube-api.ts'
import {inParallel} from '../../shared/kubernetes/api/parallel.ts'
import type {Change} from '../../shared/kubernetes/change/dry-run.ts'
import {getLive} from '../../shared/kubernetes/change/live-state.ts'
import {title} from '../../shared/kubernetes/object.ts'
import {addressesOf} from '../../shared/kubernetes/watch/rating-services.ts'

/** Where a Service or an Ingress can be reached. */
export interface Endpoint {
  readonly object: string
  readonly namespace: string
  /** Host names and IPs; for a Service without a load balancer its address inside the cluster. */
  readonly addresses: readonly string[]
}

/** The addresses of the Services and Ingresses of the set. */
export async function endpointsOf(api: KubeApi, changes: readonly Change[]): Promise<Endpoint[]> {
  const exposing = changes.filter(({wanted}) => ['Service', 'Ingress'].includes(wanted.object.kind))
  const found = await inParallel(exposing, async ({wanted}) => {
    const object = await getLive(api, wanted.path)
    const outside = object === undefined ? [] : addressesOf(object)
    const inside = object?.spec?.['clusterIP']
    const addresses = outside.length > 0 || typeof inside !== 'string' ? outside : [inside]
    return {object: title(wanted.object), namespace: wanted.namespace ?? '', addresses}
  })
  return found.filter(({addresses}) => addresses.length > 0)
}
