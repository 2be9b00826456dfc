import {spawnSync} from 'node:child_process'
import {CreateRepositoryCommand, DeleteRepositoryCommand, ECRClient} from '@aws-sdk/client-ecr'
import {labEnvironment} from '../../lab/env.ts'
import {spawnAction} from './spawn-action.ts'
import type {ActionCall, ActionResult} from './spawn-action.ts'

/** A test file's own corner of the lab: a namespace, and an image that holds Node. */
export interface LabKube {
  readonly vars: Readonly<Record<string, string>>
  readonly namespace: string
  /** Without a tag; `v1` is there after `open({image: true})`. */
  readonly image: string
  /** Runs a tool in the lab. @throws {Error} with its own words when it fails */
  run(tool: string, argv: readonly string[], input?: string): string
  kubectl(...argv: readonly string[]): string
  /** The action, on `k8s/app.yaml`, in the namespace. */
  rollOut(manifest: string, inputs?: Readonly<Record<string, string>>, call?: ActionCall): Promise<ActionResult>
  /** Makes the namespace, and pushes the image when asked. */
  open(what?: {readonly image?: boolean}): Promise<void>
  /** Takes away what {@link open} made. */
  close(): Promise<void>
}

/** A corner named after the test file; nothing is made before `open()`. */
export function labKube(name: string): LabKube {
  const {vars} = labEnvironment()
  const namespace = `${name}-${String(process.pid)}`
  const image = `localhost:4566/${namespace}`
  let pushed = false
  const run: LabKube['run'] = (tool, argv, input = '') => {
    const {status, stdout, stderr} = spawnSync(tool, argv, {encoding: 'utf8', env: vars, input})
    if (status !== 0) throw new Error(`${tool} ${argv.join(' ')}: ${stderr}`)
    return stdout
  }
  const kubectl: LabKube['kubectl'] = (...argv) => run('kubectl', argv)
  return {
    vars,
    namespace,
    image,
    run,
    kubectl,
    rollOut: async (manifest, inputs = {}, call = {}) =>
      await spawnAction('kubectl-rollout', {
        files: {'k8s/app.yaml': manifest},
        env: vars,
        inputs: {manifests: 'k8s', namespace, grace: '4s', timeout: '60s', ...inputs},
        ...call,
      }),
    open: async (what = {}) => {
      kubectl('create', 'namespace', namespace)
      if (what.image !== true) return
      await ecr(vars).send(new CreateRepositoryCommand({repositoryName: namespace}))
      pushed = true
      run('docker', ['tag', 'node:24-alpine', `${image}:v1`])
      run('docker', ['push', '--quiet', `${image}:v1`])
    },
    close: async () => {
      kubectl('delete', 'namespace', namespace, '--wait=false')
      if (!pushed) return
      run('docker', ['rmi', `${image}:v1`])
      await ecr(vars).send(new DeleteRepositoryCommand({repositoryName: namespace, force: true}))
    },
  }
}

function ecr(vars: Readonly<Record<string, string>>): ECRClient {
  const credentials = {
    accessKeyId: vars['AWS_ACCESS_KEY_ID'] ?? '',
    secretAccessKey: vars['AWS_SECRET_ACCESS_KEY'] ?? '',
  }
  return new ECRClient({endpoint: vars['AWS_ENDPOINT_URL'] ?? '', region: vars['AWS_REGION'] ?? '', credentials})
}
