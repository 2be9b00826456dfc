import {generateKeyPairSync, randomBytes} from 'node:crypto'
import {mkdirSync, readFileSync, writeFileSync} from 'node:fs'
import {join} from 'node:path'
import {NODE_NAME, type Layout} from './layout.ts'

/** Who talks to the API server: user name and groups decide by Kubernetes' own default roles what each may do. */
const USERS = {
  admin: {user: 'lab-admin', groups: ['system:masters']},
  'controller-manager': {user: 'system:kube-controller-manager', groups: []},
  scheduler: {user: 'system:kube-scheduler', groups: []},
  proxy: {user: 'system:kube-proxy', groups: []},
  kubelet: {user: `system:node:${NODE_NAME}`, groups: ['system:nodes']},
} as const

/** One who talks to the API server. */
export type User = keyof typeof USERS

/** The tokens of a cluster, made anew each time it is started. */
export type Tokens = Readonly<Record<User, string>>

/** Makes the service account key and a token for each user; they are readable by their owner alone. */
export function writeCredentials(place: Layout): Tokens {
  mkdirSync(place.pki, {recursive: true, mode: 0o700})
  mkdirSync(place.config, {recursive: true, mode: 0o700})
  const keys = generateKeyPairSync('rsa', {
    modulusLength: 2048,
    publicKeyEncoding: {type: 'spki', format: 'pem'},
    privateKeyEncoding: {type: 'pkcs8', format: 'pem'},
  })
  writeFileSync(join(place.pki, 'service-account.key'), keys.privateKey, {mode: 0o600})
  writeFileSync(join(place.pki, 'service-account.pub'), keys.publicKey)
  const names = Object.keys(USERS) as User[]
  const tokens = Object.fromEntries(names.map((name) => [name, randomBytes(24).toString('hex')])) as Record<
    User,
    string
  >
  const rows = names.map((name) => `${tokens[name]},${USERS[name].user},${name},"${USERS[name].groups.join(',')}"`)
  writeFileSync(join(place.pki, 'tokens.csv'), `${rows.join('\n')}\n`, {mode: 0o600})
  return tokens
}

/**
 * Writes the kubeconfig of one user. The API server signs its own certificate at its first start, and the file it leaves
 * (`--cert-dir`) is the authority to check it by, so this comes after that start.
 */
export function writeKubeconfig(place: Layout, file: string, server: string, token: string): void {
  const authority = readFileSync(join(place.pki, 'apiserver.crt')).toString('base64')
  const config = {
    apiVersion: 'v1',
    kind: 'Config',
    'current-context': NODE_NAME,
    clusters: [{name: NODE_NAME, cluster: {server, 'certificate-authority-data': authority}}],
    users: [{name: NODE_NAME, user: {token}}],
    contexts: [{name: NODE_NAME, context: {cluster: NODE_NAME, user: NODE_NAME}}],
  }
  writeFileSync(file, `${JSON.stringify(config, null, 2)}\n`, {mode: 0o600})
}
