import {parse} from 'yaml'
import {isObject, title, valueAt} from '../../shared/kubernetes/object.ts'
import type {Json, JsonObject, KubeObject} from '../../shared/kubernetes/object.ts'
import {parseImage} from '../../shared/kubernetes/manifests/image-reference.ts'
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
    ...serviceFacts(object),
  ])
  return [...new Map(facts.map((fact) => [JSON.stringify(fact), fact])).values()]
}

function uses(kind: Fact['kind'], name: string, by: string, value?: string): Fact {
  return {fact: 'uses', kind, name, by, ...(value !== undefined && {value})}
}

const POD_SPECS: readonly (readonly string[])[] = [
  ['spec'],
  ['spec', 'template', 'spec'],
  ['spec', 'jobTemplate', 'spec', 'template', 'spec'],
]

function podFacts(object: KubeObject): Fact[] {
  const by = title(object)
  return POD_SPECS.map((path) => valueAt(object as unknown as Json, path)).flatMap((pod) => {
    const containers = [...objectsAt(pod, 'initContainers'), ...objectsAt(pod, 'containers')]
    return containers.length === 0
      ? []
      : [...containers.flatMap((one) => containerFacts(one, by)), ...nodeFacts(pod, by)]
  })
}

function containerFacts(container: JsonObject, by: string): Fact[] {
  const image = textAt(container, 'image') ?? ''
  const repository = /\.dkr[.-]ecr\./.test(image) ? parseImage(image).repository.replace(/^[^/]+\//, '') : undefined
  const ports = objectsAt(container, 'ports').map((port) => port['containerPort'])
  return [
    ...(repository === undefined ? [] : [uses('image repository', repository, by)]),
    ...objectsAt(container, 'env').flatMap((variable) => arnFacts(textAt(variable, 'value'), by)),
    // Not "container port": that is what a load balancer of ECS expects, of a container that may have the same name.
    ...ports.flatMap((port) =>
      typeof port === 'number' ? [uses('pod port', textAt(container, 'name') ?? '', by, String(port))] : [],
    ),
  ]
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

function serviceFacts(object: KubeObject): Fact[] {
  if (object.kind !== 'Service' || object.apiVersion !== 'v1') return []
  const {name = ''} = object.metadata
  return objectsAt(object.spec, 'ports').map(({port, targetPort}) =>
    uses('service port', name, title(object), `${shown(port)} → ${shown(targetPort ?? port)}`),
  )
}

const shown = (value: Json | undefined): string => (typeof value === 'string' ? value : JSON.stringify(value ?? null))

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
