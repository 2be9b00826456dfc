import {explain} from '../../../actions/shared/kubernetes/watch/causes.ts'
import type {Sign} from '../../../actions/shared/kubernetes/watch/causes.ts'

const at = (slug: string, message: string, more: Partial<Sign> = {}): Sign => ({slug, message, ...more})
const api = {container: 'api', image: 'r.example/app:v1'}
const quota = 'pods "app-x" is forbidden: exceeded quota: small, requested: pods=1, used: pods=1, limited: pods=1'
const noCpu =
  '0/1 nodes are available: 1 Insufficient cpu. no new claims to deallocate, preemption: 0/1 nodes are available: 1 Preemption is not helpful.'
const runc =
  'failed to create containerd task: failed to create shim task: OCI runtime create failed: runc create failed: unable to start container process: exec: "/no": stat /no: no such file or directory: unknown'

// Messages as the kubelet (1.34, containerd 1.6) and the controllers of a real cluster wrote them.
describe('what troubles mean', () => {
  it.each([
    [at('InvalidImageName', '', api), 'image-not-found', 'none', 'not a valid reference: r.example/app:v1'],
    [at('ErrImageNeverPull', '', api), 'image-not-found', 'none', 'imagePullPolicy is Never'],
    [
      at('ErrImagePull', 'rpc error: code = NotFound desc = failed to pull and unpack image', api),
      'image-not-found',
      'none',
      'cannot pull the image of container "api": the registry has no r.example/app:v1',
    ],
    [at('ImagePullBackOff', 'Back-off pulling image "x": manifest unknown', api), 'image-not-found', 'none', 'has no'],
    [
      at('ErrImagePull', 'pull access denied, repository does not exist or may require authorization', api),
      'access-denied',
      'none',
      'the registry denies access to r.example/app:v1',
    ],
    [at('ErrImagePull', 'no basic auth credentials', api), 'access-denied', 'none', 'denies access'],
    [at('ErrImagePull', 'dial tcp: i/o timeout', api), 'unreachable', 'short', 'dial tcp: i/o timeout'],
    [
      at(
        'ImagePullBackOff',
        'Back-off pulling image "r.example/app:v1": ErrImagePull: failed to pull and unpack image "r.example/app:v1": failed to resolve reference "r.example/app:v1": failed to do request: Head "https://r.example/v2/app/manifests/v1": dial tcp: lookup r.example on 10.0.0.2:53: no such host',
        api,
      ),
      'unreachable',
      'short',
      'cannot pull the image of container "api", r.example/app:v1: dial tcp: lookup r.example on 10.0.0.2:53: no such host',
    ],
    [
      at('CreateContainerConfigError', 'secret "db" not found', api),
      'secret-unreadable',
      'short',
      'container "api" needs Secret/db, which does not exist',
    ],
    [
      at('CreateContainerConfigError', "couldn't find key URL in Secret shop/db", api),
      'secret-unreadable',
      'short',
      'needs the key "URL" of Secret/db, which does not exist',
    ],
    [at('CreateContainerConfigError', 'configmap "c" not found', api), 'config-missing', 'short', 'needs ConfigMap/c'],
    [
      at('CreateContainerConfigError', "couldn't find key URL in ConfigMap shop/c", api),
      'config-missing',
      'short',
      'needs the key "URL" of ConfigMap/c',
    ],
    [
      at('FailedMount', 'MountVolume.SetUp failed for volume "c" : configmap "gone" not found'),
      'config-missing',
      'short',
      'a volume needs ConfigMap/gone, which does not exist',
    ],
    [
      at('CreateContainerConfigError', 'container has runAsNonRoot and image will run as root', api),
      'rejected',
      'short',
      'cannot be created: container has runAsNonRoot',
    ],
    [
      at('RunContainerError', runc, api),
      'container-exited',
      'short',
      'cannot be started: exec: "/no": stat /no: no such file or directory',
    ],
    [
      at('FailedAttachVolume', 'Multi-Attach error', {}),
      'volume',
      'long',
      'a volume cannot be mounted: Multi-Attach error',
    ],
    [
      at('FailedCreatePodSandBox', 'no IP addresses available', {}),
      'capacity',
      'long',
      'the node cannot set the pod up',
    ],
    [
      at('Unschedulable', noCpu),
      'unschedulable',
      'long',
      'no node can take its pods: 0/1 nodes are available: 1 Insufficient cpu',
    ],
    [at('InvalidSelector', 'the HPA target’s selector is malformed'), 'rejected', 'double', 'it cannot scale: the HPA'],
    [at('FailedGetScale', 'deployments.apps "x" not found'), 'not-found', 'double', 'its target cannot be scaled'],
    [at('ProvisioningFailed', 'no such class'), 'volume', 'long', 'it gets no volume: no such class'],
    [at('SyncLoadBalancerFailed', 'no subnets'), 'rejected', 'double', 'its load balancer cannot be made: no subnets'],
    [
      at('FailedCreate', quota),
      'quota',
      'double',
      'quota "small" leaves no room for its pods: asked pods=1, used pods=1 of pods=1',
    ],
    [
      at('FailedCreate', 'pods "app-x" is forbidden: violates PodSecurity "restricted:latest"'),
      'rejected',
      'short',
      'its pods are refused: violates PodSecurity',
    ],
  ] as const)('%j', (sign, reason, patience, cause) => {
    expect(explain(sign)).toEqual(
      expect.objectContaining({reason, patience, cause: expect.stringContaining(cause) as string}),
    )
  })

  it.each([
    at('ContainerCreating', '', api),
    at('PodInitializing', '', api),
    at(
      'FailedMount',
      'MountVolume.SetUp failed for volume "t" : failed to sync configmap cache: timed out waiting for the condition',
    ),
  ])('%j means nothing yet', (sign) => {
    expect(explain(sign)).toBeUndefined()
  })
})
