import {unknownKinds} from '../../../actions/shared/kubernetes/change/unknown-kinds.ts'

const said = (...kinds: readonly (readonly [apiVersion: string, kind: string])[]): string =>
  unknownKinds(
    kinds.map(([apiVersion, kind], at) => ({
      object: {apiVersion, kind, metadata: {name: 'x'}},
      place: {file: 'k8s/app.yaml', line: at + 1},
    })),
  )

describe('a kind that the cluster does not know', () => {
  test.each([
    ['extensions/v1beta1', 'Deployment', 'apps/v1', '1.16'],
    ['apps/v1beta2', 'StatefulSet', 'apps/v1', '1.16'],
    ['extensions/v1beta1', 'NetworkPolicy', 'networking.k8s.io/v1', '1.16'],
    ['networking.k8s.io/v1beta1', 'Ingress', 'networking.k8s.io/v1', '1.22'],
    ['extensions/v1beta1', 'Ingress', 'networking.k8s.io/v1', '1.22'],
    ['rbac.authorization.k8s.io/v1beta1', 'RoleBinding', 'rbac.authorization.k8s.io/v1', '1.22'],
    ['batch/v1beta1', 'CronJob', 'batch/v1', '1.25'],
    ['policy/v1beta1', 'PodDisruptionBudget', 'policy/v1', '1.25'],
    ['autoscaling/v2beta2', 'HorizontalPodAutoscaler', 'autoscaling/v2', '1.26'],
  ])(
    '%s %s: told to install a CustomResourceDefinition, it was one that Kubernetes took away',
    (old, kind, today, release) => {
      expect(said([old, kind])).toBe(
        `The cluster does not know ${old} ${kind} (k8s/app.yaml:1): write ${kind} as ${today}, since Kubernetes ${release} ` +
          `serves ${old} no more (fields that changed with it: ` +
          `https://kubernetes.io/docs/reference/using-api/deprecation-guide/#v${release.replace('.', '-')}).`,
      )
    },
  )

  test.each([
    ['v1', 'Deployment', 'apps/v1'],
    ['apps/v1', 'Service', 'v1'],
    ['apps/v1', 'Job', 'batch/v1'],
    ['app/v1', 'Deployment', 'apps/v1'],
  ])('%s %s is in another group', (apiVersion, kind, home) => {
    expect(said([apiVersion, kind])).toBe(
      `The cluster does not know ${apiVersion} ${kind} (k8s/app.yaml:1): the apiVersion of ${kind} is ${home}.`,
    )
  })

  test('PodSecurityPolicy has no successor of its kind', () => {
    expect(said(['policy/v1beta1', 'PodSecurityPolicy'])).toMatch(/Kubernetes 1\.25 took .*Pod Security Admission/)
  })

  test('a group of somebody else has a definition to install, also when its kind has the name of one of Kubernetes', () => {
    expect(said(['traefik.io/v1alpha1', 'IngressRoute'], ['acme.example/v1', 'Ingress'])).toBe(
      'The cluster does not know traefik.io/v1alpha1 IngressRoute (k8s/app.yaml:1), acme.example/v1 Ingress (k8s/app.yaml:2): ' +
        'install the CustomResourceDefinition of IngressRoute first, or check its apiVersion against the cluster; ' +
        'install the CustomResourceDefinition of Ingress first, or check its apiVersion against the cluster.',
    )
  })

  test('two that are wrong in the same way are told once what to do', () => {
    expect(said(['v1', 'Deployment'], ['v1', 'Deployment'])).toBe(
      'The cluster does not know v1 Deployment (k8s/app.yaml:1), v1 Deployment (k8s/app.yaml:2): the apiVersion of Deployment is apps/v1.',
    )
  })
})
