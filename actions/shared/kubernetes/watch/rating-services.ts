import {condition} from '../object.ts'
import type {KubeObject} from '../object.ts'
import {count, done, failed, reasonOf, waiting} from './verdicts.ts'
import type {Rating} from './verdicts.ts'
import {isObserved, workloadStatus} from './workload.ts'

/** A Service: one with a load balancer waits for its address. */
export function rateService(object: KubeObject): Rating {
  if (object.spec?.['type'] !== 'LoadBalancer') return done('in place')
  const address = addressesOf(object)[0]
  return address === undefined ? waiting('waiting for its load balancer') : done(address)
}

/**
 * An Ingress: only the AWS load balancer controller is known to give each one an address; others may be set up never to
 * (https://github.com/kubernetes-sigs/aws-load-balancer-controller).
 */
export function rateIngress(object: KubeObject): Rating {
  const address = addressesOf(object)[0]
  if (address !== undefined) return done(address)
  return ingressClass(object) === 'alb' ? waiting('waiting for its load balancer') : done('in place, no address yet')
}

function ingressClass({spec, metadata}: KubeObject): unknown {
  return spec?.['ingressClassName'] ?? metadata.annotations?.['kubernetes.io/ingress.class']
}

/** The addresses that a Service or an Ingress has got from its load balancer: host names and IPs. */
export function addressesOf(object: KubeObject): string[] {
  const balancer = object.status?.['loadBalancer'] as
    {readonly ingress?: readonly {readonly ip?: string; readonly hostname?: string}[]} | undefined
  return balancer?.ingress?.flatMap(({hostname, ip}) => hostname ?? ip ?? []) ?? []
}

/** A definition of a kind. */
export function rateDefinition(object: KubeObject): Rating {
  const names = condition(object, 'NamesAccepted')
  if (names?.status === 'False') return failed('rejected', names.message ?? 'its names are taken')
  return condition(object, 'Established')?.status === 'True' ? done('established') : waiting('not established yet')
}

/**
 * A HorizontalPodAutoscaler. Metrics that are not there yet are those of pods that have just started, and a target of no
 * replicas turns scaling off (https://github.com/Shopify/krane, horizontal_pod_autoscaler.rb).
 */
export function rateAutoscaler(object: KubeObject): Rating {
  const [able, active] = [condition(object, 'AbleToScale'), condition(object, 'ScalingActive')]
  if (able === undefined) return waiting('its controller has not seen it yet')
  if (able.status === 'False') return waiting(`cannot scale: ${reasonOf(able)}`)
  if (active === undefined || active.status === 'True') return done('scaling')
  const {reason = ''} = active
  if (reason.startsWith('FailedGet')) return done('in place, no metrics yet')
  return reason === 'ScalingDisabled' ? done('in place, its target has no replicas') : waiting(reasonOf(active))
}

/** A PersistentVolumeClaim. @param delayed it is bound when the first pod uses it */
export function rateClaim(object: KubeObject, delayed: boolean): Rating {
  const phase = object.status?.['phase']
  if (phase === 'Bound') return done('bound')
  if (phase === 'Lost') return failed('volume', 'its volume is lost')
  return delayed ? done('bound when its first pod is scheduled') : waiting('not bound yet')
}

/** A PodDisruptionBudget. */
export function rateDisruptionBudget(object: KubeObject): Rating {
  if (!isObserved(object)) return waiting('the controller has not seen it yet')
  const allowed = workloadStatus(object) as {disruptionsAllowed?: number; expectedPods?: number}
  if (allowed.expectedPods === 0) return done('in place, its selector matches no pod')
  return done(`${count(allowed.disruptionsAllowed ?? 0, 'disruption')} allowed`)
}

/** An APIService: an API that another server answers. */
export function rateApiService(object: KubeObject): Rating {
  const available = condition(object, 'Available')
  if (available?.status === 'True') return done('available')
  return waiting(available === undefined ? 'not available yet' : `not available: ${reasonOf(available)}`)
}
