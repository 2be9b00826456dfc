import type {EksCluster} from './cluster.ts'

/** What kubectl needs beside the cluster itself. */
export interface Access {
  readonly region: string
  readonly roleArn?: string
  readonly namespace?: string
  /** For private endpoints: the proxy that leads to them. */
  readonly proxyUrl?: string
  /** For private endpoints behind a tunnel: the name that the certificate has. */
  readonly tlsServerName?: string
  /** The program that makes tokens: a Node binary and a script. */
  readonly plugin: readonly [node: string, script: string]
}

/**
 * A kubeconfig for an EKS cluster whose tokens are made by our own credential plugin, again and again: kubectl asks
 * for a new one when the old one ends, also in later steps and in the middle of a long wait
 * (https://kubernetes.io/docs/reference/access-authn-authz/authentication/#client-go-credential-plugins).
 */
export function eksKubeconfig(cluster: EksCluster, access: Access): string {
  const {name} = cluster
  const [node, script] = access.plugin
  const env = {
    EKS_CLUSTER: name,
    AWS_REGION: access.region,
    ...(access.roleArn !== undefined && {EKS_ROLE_ARN: access.roleArn}),
  }
  const user = {
    exec: {
      apiVersion: 'client.authentication.k8s.io/v1',
      command: node,
      args: [script],
      env: Object.entries(env).map(([key, value]) => ({name: key, value})),
      interactiveMode: 'Never',
      provideClusterInfo: false,
    },
  }
  const server = {
    server: cluster.endpoint,
    'certificate-authority-data': cluster.authority,
    ...(access.proxyUrl !== undefined && {'proxy-url': access.proxyUrl}),
    ...(access.tlsServerName !== undefined && {'tls-server-name': access.tlsServerName}),
  }
  const context = {cluster: name, user: name, ...(access.namespace !== undefined && {namespace: access.namespace})}
  return JSON.stringify(
    {
      apiVersion: 'v1',
      kind: 'Config',
      'current-context': name,
      clusters: [{name, cluster: server}],
      contexts: [{name, context}],
      users: [{name, user}],
    },
    undefined,
    2,
  )
}
