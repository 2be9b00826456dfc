import {randomUUID} from 'node:crypto'
import {cpSync, mkdirSync, mkdtempSync, readFileSync, rmSync, writeFileSync} from 'node:fs'
import {tmpdir} from 'node:os'
import {join} from 'node:path'
import {labEnvironment} from '../../../lab/index.ts'
import type {LabEnvironment} from '../../../lab/index.ts'
import {commentStore} from '../../support/github-comments.ts'
import type {CommentStore} from '../../support/github-comments.ts'
import {startGitHub} from '../../support/github-server.ts'
import {labKube} from '../../support/lab-kube.ts'
import type {LabKube} from '../../support/lab-kube.ts'
import {startStateServer} from '../../support/state-server.ts'
import {labService} from '../../support/lab-ecs.ts'
import type {LabService} from '../../support/lab-ecs.ts'
import {faultProxy} from '../core/proxy.ts'
import type {FaultProxy} from '../core/proxy.ts'
import {wire} from './wire.ts'
import type {Wire} from './wire.ts'

/** A corner of the lab for one soak: a registry, a service, a namespace, a root, a pull request, and the ways to them. */
export interface Corner {
  readonly lab: LabEnvironment
  /** Everything below it is the soak's: temp, home, the checkout, the settings of Docker. */
  readonly folder: string
  readonly ecs: LabService
  readonly kube: LabKube
  readonly comments: CommentStore['comments']
  readonly aws: FaultProxy
  readonly github: FaultProxy
  readonly cluster: Wire
  /** The way to the state of the root. */
  readonly state: FaultProxy
  /** The state as its backend has it. */
  stateText(): string
  readonly planKey: string
  /** A kubeconfig that leads through `cluster`. */
  readonly kubeconfig: string
  /** What every run has in its environment. */
  readonly env: Readonly<Record<string, string>>
  close(): Promise<void>
}

const ROOT = `terraform {
  backend "http" {}
}
variable "release" {
  type = string
}
resource "terraform_data" "release" {
  input = var.release
}
`

/** Makes it. */
export async function openCorner(): Promise<Corner> {
  const lab = labEnvironment()
  const folder = mkdtempSync(join(tmpdir(), 'slipway-soak-'))
  for (const name of ['runner', 'tmp', 'home', 'checkout', 'root', 'plans']) mkdirSync(join(folder, name))
  cpSync(lab.vars['DOCKER_CONFIG'] ?? '', join(folder, 'docker'), {recursive: true})
  const env = {
    ...lab.vars,
    DOCKER_CONFIG: join(folder, 'docker'),
    TMPDIR: join(folder, 'tmp'),
    HOME: join(folder, 'home'),
    RUNNER_TEMP: join(folder, 'runner'),
  }
  writeFileSync(join(folder, 'root/main.tf'), ROOT)
  const kube = labKube('soak')
  await kube.open({image: true})
  const ecs = await labService('soak')
  const store = commentStore()
  const server = await startGitHub((request) => store.answer(request))
  const aws = await faultProxy({port: Number(new URL(lab.endpoint).port)})
  const github = await faultProxy({port: Number(new URL(server.url).port)})
  const backend = await startStateServer()
  const state = await faultProxy({port: Number(new URL(backend.url).port)})
  const {config, host, port} = administrator(lab)
  const cluster = await wire(host, port)
  return {
    ...{lab, folder, ecs, kube, comments: store.comments, aws, github, cluster, state},
    stateText: () => backend.state(),
    planKey: randomUUID(),
    kubeconfig: config(cluster.port),
    env: {...env, AWS_ENDPOINT_URL: `http://${aws.host}`},
    close: async () => {
      for (const part of [aws, github, server, cluster, state, backend]) await part.close()
      await ecs.remove()
      await kube.close()
      forgetImages(kube)
      rmSync(folder, {recursive: true, force: true})
    },
  }
}

// What the host of ECS pulled for the service; what a container still ends with goes with the lab.
function forgetImages({image, run}: LabKube): void {
  const ids = run('docker', ['images', '--quiet', '--no-trunc', image]).split('\n').filter(Boolean)
  try {
    if (ids.length > 0) run('docker', ['rmi', '--force', ...new Set(ids)])
  } catch (error) {
    console.log(`Images of the soak are left on the host: ${String(error)}`)
  }
}

interface Config {
  readonly clusters: readonly {cluster: {server: string; 'tls-server-name'?: string}}[]
}

// The certificate names the address of the cluster; the way there is another one.
function administrator({kubeconfig}: LabEnvironment): {
  readonly config: (way: number) => string
  readonly host: string
  readonly port: number
} {
  const config = JSON.parse(readFileSync(kubeconfig, 'utf8')) as Config
  const [first] = config.clusters
  const {hostname: host, port} = new URL(first?.cluster.server ?? '')
  const through = (way: number): string =>
    JSON.stringify({
      ...config,
      clusters: config.clusters.map(({cluster, ...named}) => ({
        ...named,
        cluster: {...cluster, server: `https://127.0.0.1:${String(way)}`, 'tls-server-name': host},
      })),
    })
  return {config: through, host, port: Number(port)}
}
