import {eksKubeconfig} from '../../../actions/shared/kubernetes/eks/kubeconfig.ts'
import {eksToken} from '../../../actions/shared/kubernetes/eks/token.ts'

const plain = (base64: string): string => Buffer.from(base64, 'base64').toString()
// The published vector of aws-iam-authenticator (pkg/token/token_test.go, TestGetWithSTS), with its made-up keys.
const VECTOR = {
  accessKeyId: plain('QVNJQVIyVEc0NFY2QVMzWlpFN0M='),
  secretAccessKey: plain('NEtENWNudEdjVm1MV1JkRjV3dk5SdXpOTDVReG1wNk9LVlk2RnovUQ=='),
}
const urlOf = (token: string): URL => new URL(Buffer.from(token.slice('k8s-aws-v1.'.length), 'base64url').toString())

describe('the token of an EKS cluster', () => {
  it('is the published one, byte for byte', () => {
    const {token, expires} = eksToken(VECTOR, 'us-west-2', 'test-cluster', 1682640000_000)
    expect(urlOf(token).searchParams.get('X-Amz-Signature')).toBe(
      'e211dba77aba9dc44b0b6be38b8eaad092599c5157f6314444c5b9d85747f5ce',
    )
    expect(token).toMatch(/^k8s-aws-v1\.[\w-]+$/)
    expect(expires).toBe(1682640000_000 + 12 * 60_000)
  })

  it('carries nothing that the cluster would refuse', () => {
    const url = urlOf(eksToken({...VECTOR, sessionToken: 'a+b/c=='}, 'eu-west-1', 'c', 0).token)
    expect(url.pathname).toBe('/')
    expect([...url.searchParams.keys()].sort()).toEqual(
      [
        'Action',
        'Version',
        'X-Amz-Algorithm',
        'X-Amz-Credential',
        'X-Amz-Date',
        'X-Amz-Expires',
        'X-Amz-Security-Token',
      ]
        .concat('X-Amz-Signature', 'X-Amz-SignedHeaders')
        .sort(),
    )
    expect(url.searchParams.get('X-Amz-Security-Token')).toBe('a+b/c==')
  })

  it.each([
    ['eu-west-1', 'sts.eu-west-1.amazonaws.com'],
    ['cn-north-1', 'sts.cn-north-1.amazonaws.com.cn'],
    ['us-gov-west-1', 'sts.us-gov-west-1.amazonaws.com'],
    ['us-isob-east-1', 'sts.us-isob-east-1.sc2s.sgov.gov'],
    ['eusc-de-east-1', 'sts.eusc-de-east-1.amazonaws.eu'],
  ])('of %s asks %s', (region, host) => {
    expect(urlOf(eksToken(VECTOR, region, 'c', 0).token).host).toBe(host)
  })
})

it('a kubeconfig holds no secret, and says how a private endpoint is reached', () => {
  const cluster = {name: 'main', endpoint: 'https://x.eks.amazonaws.com', authority: 'QUJD'}
  const text = eksKubeconfig(cluster, {
    region: 'eu-west-1',
    roleArn: 'arn:aws:iam::123456789012:role/deploy',
    proxyUrl: 'socks5://127.0.0.1:1080',
    tlsServerName: 'x.eks.amazonaws.com',
    plugin: ['/node', '/plugin.js'],
  })
  const config = JSON.parse(text) as {clusters: [{cluster: object}]; users: [{user: {exec: object}}]}
  expect(config.clusters[0].cluster).toEqual({
    server: 'https://x.eks.amazonaws.com',
    'certificate-authority-data': 'QUJD',
    'proxy-url': 'socks5://127.0.0.1:1080',
    'tls-server-name': 'x.eks.amazonaws.com',
  })
  expect(config.users[0].user.exec).toMatchObject({
    command: '/node',
    args: ['/plugin.js'],
    env: [
      {name: 'EKS_CLUSTER', value: 'main'},
      {name: 'AWS_REGION', value: 'eu-west-1'},
      {name: 'EKS_ROLE_ARN', value: 'arn:aws:iam::123456789012:role/deploy'},
    ],
  })
})
