import {parse} from 'yaml'
import {isObject, title, valueAt} from '../../shared/kubernetes/object.ts'
import type {Json, JsonObject, KubeObject} from '../../shared/kubernetes/object.ts'
import {parseImage} from '../../shared/core/image-reference.ts'
import {podSpecPath, podSpecsOf} from '../../shared/kubernetes/pod-specs.ts'
import type {Fact} from '../../shared/report/preview.ts'

/** What the manifests use of what other stages make: their secrets, roles, repositories, ports and nodes. */
export function manifestFacts(objects: readonly KubeObject[]): Fact[] {
  const stores = parameterStores(objects)
  const facts = objects.flatMap((object) => [
    ...podFacts(object),
    ...roleFacts(object),
    ...externalSecretFacts(object, stores),
    ...providerFacts(object),
    ...configFacts(object),
    ...serviceFacts(object, objects),
  ])
  return [...new Map(facts.map((fact) => [JSON.stringify(fact), fact])).values()]
}

function uses(kind: Fact['kind'], name: string, by: string, value?: string): Fact {
  return {fact: 'uses', kind, name, by, ...(value !== undefined && {value})}
}

function podFacts(object: KubeObject): Fact[] {
  const by = title(object)
  return podSpecsOf([object]).flatMap(({spec}) => {
    const containers = [...objectsAt(spec, 'initContainers'), ...objectsAt(spec, 'containers')]
    return [...containers.flatMap((one) => containerFacts(one, by)), ...nodeFacts(spec, by)]
  })
}

function containerFacts(container: JsonObject, by: string): Fact[] {
  const image = textAt(container, 'image') ?? ''
  const repository = /\.dkr[.-]ecr\./.test(image) ? parseImage(image).repository.replace(/^[^/]+\//, '') : undefined
  const ports = objectsAt(container, 'ports').map((port) => port['containerPort'])
  return [
    ...(repository === undefined ? [] : [uses('image repository', repository, by)]),
    ...objectsAt(container, 'env').flatMap((variable) => arnFacts(textAt(variable, 'value'), by)),
    ...ports.flatMap((port) =>
      typeof port === 'number' ? [uses('container port', textAt(container, 'name') ?? '', by, String(port))] : [],
    ),
    ...probeFacts(container, by),
  ]
}

const PROBES = ['startupProbe', 'readinessProbe', 'livenessProbe'] as const

// A probe of a port that the container does not open keeps the pod from ever being ready, or restarts it for ever.
function probeFacts(container: JsonObject, by: string): Fact[] {
  const ports = objectsAt(container, 'ports')
  return PROBES.flatMap((probe) =>
    ['httpGet', 'tcpSocket', 'grpc'].flatMap((way) => {
      const port = valueAt(container, [probe, way, 'port'])
      const asked = typeof port === 'number' || typeof port === 'string'
      if (!asked || ports.some(({name, containerPort}) => port === name || port === containerPort)) return []
      const name = textAt(container, 'name') ?? ''
      return [{fact: 'expects', kind: 'container port', name, value: String(port), by: `${probe} of ${by}`}]
    }),
  )
}

const ARCHITECTURE = /^(?:beta\.)?kubernetes\.io\/arch$/

// A node must have these labels: what is only preferred needs no node group to have it.
function nodeFacts(pod: Json | undefined, by: string): Fact[] {
  const selector = valueAt(pod, ['nodeSelector'])
  const selected = isObject(selector) ? Object.entries(selector).map(([key, value]) => [key, [value]] as const) : []
  const required = valueAt(pod, ['affinity', 'nodeAffinity', 'requiredDuringSchedulingIgnoredDuringExecution'])
  const expressions = objectsAt(required, 'nodeSelectorTerms')
    .flatMap((term) => objectsAt(term, 'matchExpressions'))
    .filter(({operator}) => operator === 'In')
    .map((one) => [textAt(one, 'key') ?? '', listAt(one, 'values')] as const)
  return [...selected, ...expressions].flatMap(([key, values]) => values.flatMap((value) => labelFact(key, value, by)))
}

function labelFact(key: string, value: Json | undefined, by: string): Fact[] {
  if (typeof value !== 'string') return []
  return [ARCHITECTURE.test(key) ? uses('architecture', value, by) : uses('node label', key, by, value)]
}

// https://docs.aws.amazon.com/eks/latest/userguide/associate-service-account-role.html
function roleFacts({kind, metadata}: KubeObject): Fact[] {
  const arn = metadata.annotations?.['eks.amazonaws.com/role-arn']
  return kind === 'ServiceAccount' ? arnFacts(arn, title({kind, metadata})) : []
}

function configFacts(object: KubeObject): Fact[] {
  if (object.kind !== 'ConfigMap') return []
  return Object.values(object.data ?? {}).flatMap((value) => arnFacts(value, title(object)))
}

/**
 * What a Service expects of the pods it selects: a container with the port that it sends to. Of pods with several
 * containers nobody knows which one is meant, unless a port of theirs has the name.
 */
function serviceFacts(object: KubeObject, objects: readonly KubeObject[]): Fact[] {
  if (object.kind !== 'Service' || object.apiVersion !== 'v1') return []
  const selector = valueAt(object.spec, ['selector'])
  if (!isObject(selector) || Object.keys(selector).length === 0) return []
  const containers = podsOf(objects)
    .filter(({labels}) => Object.entries(selector).every(([key, value]) => labels[key] === value))
    .flatMap(({pod}) => objectsAt(pod, 'containers'))
  const [first, ...others] = containers
  if (first === undefined) return []
  const ports = containers.flatMap((container) => objectsAt(container, 'ports'))
  return objectsAt(object.spec, 'ports').flatMap(({port, targetPort = port}) => {
    const isThere = ports.some(({name, containerPort}) => targetPort === name || targetPort === containerPort)
    if (isThere || others.length > 0 || (typeof targetPort !== 'number' && typeof targetPort !== 'string')) return []
    const name = textAt(first, 'name') ?? ''
    return [{fact: 'expects', kind: 'container port', name, value: String(targetPort), by: title(object)}]
  })
}

interface LabelledPod {
  readonly labels: Readonly<Record<string, unknown>>
  readonly pod: Json
}

function podsOf(objects: readonly KubeObject[]): LabelledPod[] {
  return objects.flatMap((object) => {
    const path = podSpecPath(object)
    if (path === undefined) return []
    const whole = object as unknown as Json
    const labels = valueAt(whole, [...path.slice(0, -1), 'metadata', 'labels'])
    return [{pod: valueAt(whole, path) ?? null, labels: isObject(labels) ? labels : {}}]
  })
}

/** What an ARN in a value names: https://docs.aws.amazon.com/service-authorization/latest/reference/ */
function arnFacts(value: string | undefined, by: string): Fact[] {
  const [, service, resource = ''] = /^arn:[^:\s]+:([^:\s]+):[^:\s]*:[^:\s]*:(\S+)$/.exec(value ?? '') ?? []
  if (service === 'secretsmanager') return [uses('secret', secretName(resource.replace(/^secret:/, '')), by)]
  if (service === 'ssm') return [uses('parameter', resource.replace(/^parameter/, ''), by)]
  if (service === 'logs') return [uses('log group', resource.split(':')[1] ?? '', by)]
  return service === 'iam' && resource.startsWith('role/') ? [uses('role', resource.split('/').at(-1) ?? '', by)] : []
}

// <name>-<6 characters>[:key:stage:version]
const secretName = (resource: string): string => (resource.split(':')[0] ?? '').replace(/-[A-Za-z0-9]{6}$/, '')

// https://external-secrets.io/latest/provider/aws-parameter-store/
function parameterStores(objects: readonly KubeObject[]): ReadonlySet<string> {
  const stores = objects.filter(({kind}) => /^(?:Cluster)?SecretStore$/.test(kind))
  const named = stores.filter(({spec}) => valueAt(spec, ['provider', 'aws', 'service']) === 'ParameterStore')
  return new Set(named.map(({metadata}) => metadata.name ?? ''))
}

function externalSecretFacts(object: KubeObject, stores: ReadonlySet<string>): Fact[] {
  if (!/^(?:Cluster)?ExternalSecret$/.test(object.kind)) return []
  const spec = valueAt(object.spec, ['externalSecretSpec']) ?? object.spec
  const store = valueAt(spec, ['secretStoreRef', 'name'])
  const kind = typeof store === 'string' && stores.has(store) ? 'parameter' : 'secret'
  const keys = [
    ...objectsAt(spec, 'data').map((one) => valueAt(one, ['remoteRef', 'key'])),
    ...objectsAt(spec, 'dataFrom').map((one) => valueAt(one, ['extract', 'key'])),
  ]
  return keys.filter((key) => typeof key === 'string').flatMap((key) => named(kind, key, title(object)))
}

// https://github.com/aws/secrets-store-csi-driver-provider-aws: the objects are YAML inside a text.
function providerFacts(object: KubeObject): Fact[] {
  if (object.kind !== 'SecretProviderClass') return []
  const text = valueAt(object.spec, ['parameters', 'objects'])
  return objectsAt({objects: readYaml(text)}, 'objects').flatMap((one) => {
    const kind = one['objectType'] === 'ssmparameter' ? 'parameter' : 'secret'
    return named(kind, textAt(one, 'objectName') ?? '', title(object))
  })
}

const named = (kind: 'secret' | 'parameter', name: string, by: string): Fact[] =>
  name.startsWith('arn:') ? arnFacts(name, by) : [uses(kind, name, by)]

function readYaml(text: Json | undefined): Json {
  try {
    return typeof text === 'string' ? (parse(text) as Json) : null
  } catch {
    // Whether it is YAML is for its own driver to say.
    return null
  }
}

function listAt(value: Json | undefined, key: string): readonly Json[] {
  const list = isObject(value) ? value[key] : undefined
  return Array.isArray(list) ? (list as Json[]) : []
}

const objectsAt = (value: Json | undefined, key: string): JsonObject[] => listAt(value, key).filter(isObject)

function textAt(value: JsonObject, key: string): string | undefined {
  const text = value[key]
  return typeof text === 'string' ? text : undefined
}
