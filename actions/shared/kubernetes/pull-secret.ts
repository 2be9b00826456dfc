import type {Clock} from '../core/clock.ts'
import {collectionPath, objectPath} from './api/discovery.ts'
import type {Resource} from './api/discovery.ts'
import type {KubeApi} from './api/kube-api.ts'
import {isNotFound} from './api/kube-error.ts'
import type {Need} from './change/preflight.ts'
import {parseImage} from '../core/image-reference.ts'
import {valueAt} from './object.ts'
import type {KubeObject} from './object.ts'
import {imagesOf, podSpecsOf} from './pod-specs.ts'

/** A login of a container registry. */
export interface RegistryLogin {
  /** The host of the login's own registry. */
  readonly host: string
  readonly username: string
  readonly password: string
}

/** Where pods run, and as whom. */
export interface Puller {
  readonly namespace: string
  readonly serviceAccount: string
}

/** The name of the Secret that holds the login. */
export const PULL_SECRET = 'slipway-registry'

const SECRET: Resource = {apiVersion: 'v1', kind: 'Secret', plural: 'secrets', namespaced: true}
const SERVICE_ACCOUNT: Resource = {
  apiVersion: 'v1',
  kind: 'ServiceAccount',
  plural: 'serviceaccounts',
  namespaced: true,
}
const ECR_HOST = /\.dkr[.-]ecr(?:-fips)?\./
const ACCOUNT_TIMEOUT_MS = 15_000

/** The service accounts that the pods of these objects run as, each once. */
export function pullersOf(objects: readonly KubeObject[]): Puller[] {
  const pullers = podSpecsOf(objects).map(({namespace, spec}) => {
    const account = valueAt(spec, ['serviceAccountName'])
    return {namespace, serviceAccount: typeof account === 'string' ? account : 'default'}
  })
  const byName = new Map(pullers.map((one) => [`${one.namespace}/${one.serviceAccount}`, one]))
  return [...byName.values()]
}

/** What this user has to be allowed for the login of these service accounts. */
export function pullSecretNeeds(pullers: readonly Puller[]): Need[] {
  const secrets = [...new Set(pullers.map(({namespace}) => namespace))].flatMap((namespace) =>
    ['create', 'patch'].map((verb) => ({
      verb,
      resource: SECRET,
      namespace,
      names: verb === 'patch' ? [PULL_SECRET] : [],
    })),
  )
  const accounts = pullers.flatMap(({namespace, serviceAccount}) =>
    ['get', 'patch'].map((verb) => ({verb, resource: SERVICE_ACCOUNT, namespace, names: [serviceAccount]})),
  )
  return [...secrets, ...accounts]
}

/** The registries that a login of this kind serves: its own, and the ECR hosts that the images name. */
export function registriesOf(objects: readonly KubeObject[], login: RegistryLogin): string[] {
  const hosts = imagesOf(objects).map((image) => parseImage(image).repository.split('/')[0] ?? '')
  return [...new Set([login.host, ...hosts.filter((host) => ECR_HOST.test(host))])]
}

/**
 * Writes the login into a pull secret of each namespace, and has the service accounts use it; an account that uses it
 * already is left alone. An ECR login lives for 12 hours, so this is done on every run
 * (https://docs.aws.amazon.com/AmazonECR/latest/userguide/registry_auth.html).
 * @throws {KubeError} when it is refused
 */
export async function refreshPullSecret(
  api: KubeApi,
  clock: Clock,
  pullers: readonly Puller[],
  registries: readonly string[],
  login: RegistryLogin,
  fieldManager: string,
): Promise<void> {
  for (const namespace of new Set(pullers.map((one) => one.namespace))) {
    const path = objectPath(SECRET, PULL_SECRET, namespace)
    const query = {fieldManager, force: 'true'}
    const body = pullSecret(namespace, registries, login)
    await api.send({method: 'PATCH', path, query, contentType: 'application/apply-patch+yaml', body})
  }
  for (const puller of pullers) await attach(api, clock, puller)
}

function pullSecret(namespace: string, registries: readonly string[], {username, password}: RegistryLogin): KubeObject {
  const auth = Buffer.from(`${username}:${password}`).toString('base64')
  const config = JSON.stringify({auths: Object.fromEntries(registries.map((host) => [host, {auth}]))})
  const data = {'.dockerconfigjson': Buffer.from(config).toString('base64')}
  const secret = {apiVersion: 'v1', kind: 'Secret', type: 'kubernetes.io/dockerconfigjson', data}
  return {...secret, metadata: {name: PULL_SECRET, namespace}}
}

interface Account {
  readonly metadata: {readonly resourceVersion?: string}
  readonly imagePullSecrets?: readonly {readonly name: string}[]
}

async function attach(api: KubeApi, clock: Clock, {namespace, serviceAccount}: Puller): Promise<void> {
  const path = `${collectionPath(SERVICE_ACCOUNT, namespace)}/${encodeURIComponent(serviceAccount)}`
  const {metadata, imagePullSecrets = []} = await accountAt(api, clock, path)
  if (imagePullSecrets.some(({name}) => name === PULL_SECRET)) return
  const {resourceVersion} = metadata
  const body = {metadata: {resourceVersion}, imagePullSecrets: [...imagePullSecrets, {name: PULL_SECRET}]}
  await api.send({method: 'PATCH', path, contentType: 'application/merge-patch+json', body})
}

// The account "default" of a namespace is made by a controller, a moment after the namespace.
async function accountAt(api: KubeApi, clock: Clock, path: string): Promise<Account> {
  const end = clock.now() + ACCOUNT_TIMEOUT_MS
  for (;;) {
    try {
      return await api.send<Account>({method: 'GET', path})
    } catch (error) {
      if (!isNotFound(error) || clock.now() > end) throw error
      await clock.sleep(250)
    }
  }
}
