import {existsSync} from 'node:fs'
import {dirname, join, resolve} from 'node:path'
import {InputError} from '../../shared/core/errors.ts'
import {privateFolder, workspace, writePrivateFile} from '../../shared/core/files.ts'
import type {World} from '../../shared/core/world.ts'
import {clientConfig} from '../../shared/aws/client-config.ts'
import type {Target} from '../../shared/kubernetes/api/kubectl.ts'
import {describeCluster} from '../../shared/kubernetes/eks/cluster.ts'
import {identity} from '../../shared/kubernetes/eks/identity.ts'
import {eksKubeconfig} from '../../shared/kubernetes/eks/kubeconfig.ts'
import {FOLDER_STATE} from './clean-up.ts'
import type {RolloutInputs} from './inputs.ts'

const KUBECONFIG = /^\s*(?:\{|apiVersion:|kind:|clusters:)/m

/**
 * Finds out which cluster is meant and how kubectl gets there: a kubeconfig that we write for an EKS cluster, one that
 * the user gave, or what kubectl finds by itself. Sets the `kubeconfig` output.
 * @throws {InputError} when the kubeconfig is no file and no text of one
 */
export async function targetOf(world: World, inputs: RolloutInputs, kubectl: string): Promise<Target> {
  const kubeconfig = inputs.clusterName === undefined ? await given(world, inputs) : await written(world, inputs)
  world.outputs.set('kubeconfig', kubeconfig ?? world.env['KUBECONFIG'])
  if (kubeconfig !== undefined && inputs.exportKubeconfig) world.outputs.exportVariable('KUBECONFIG', kubeconfig)
  return {
    kubectl,
    ...(kubeconfig !== undefined && {kubeconfig}),
    ...(inputs.context !== undefined && {context: inputs.context}),
  }
}

// A kubeconfig kept in a secret is given as text, or as base64 of it; it goes where only this job can read it.
async function given(world: World, {kubeconfig}: RolloutInputs): Promise<string | undefined> {
  if (kubeconfig === undefined) return undefined
  const text = KUBECONFIG.test(kubeconfig) ? kubeconfig : decoded(kubeconfig)
  if (text !== undefined) {
    world.mask.add(kubeconfig)
    world.mask.add(text)
    return await keep(world, text)
  }
  if (existsSync(resolve(workspace(world.env), kubeconfig))) return kubeconfig
  // What is neither may be a secret that was cut or encoded in another way: it is not shown.
  const isPath = /^[\w./~ -]{1,200}$/.test(kubeconfig) && /[./]/.test(kubeconfig)
  throw new InputError(
    isPath
      ? `Input "kubeconfig" is "${kubeconfig}", and there is no such file: give a path, or the text of a secret.`
      : 'Input "kubeconfig" is neither the path of a file nor the text of a kubeconfig (nor base64 of it).',
  )
}

// Any path is base64 of something: what comes out has to be what a kubeconfig says.
function decoded(text: string): string | undefined {
  const inside = Buffer.from(text, 'base64').toString('utf8')
  return /\bclusters\b/.test(inside) && /\bcontexts\b/.test(inside) && KUBECONFIG.test(inside) ? inside : undefined
}

async function written(world: World, inputs: RolloutInputs): Promise<string> {
  const {clusterName: name = '', roleArn, namespace, proxyUrl, tlsServerName} = inputs
  if (inputs.kubeconfig !== undefined || inputs.context !== undefined) {
    throw new InputError('Inputs "cluster-name" and "kubeconfig" or "context" name two clusters: keep one.')
  }
  const {region} = clientConfig(world.env, 'kubectl-rollout', inputs.region)
  const cluster = await describeCluster(world, name, region, await identity(world.env, region, roleArn))
  const plugin = [process.execPath, join(dirname(process.argv[1] ?? ''), 'credential-plugin', 'index.js')] as const
  const access = {
    region,
    plugin,
    ...(roleArn !== undefined && {roleArn}),
    ...(namespace !== undefined && {namespace}),
    ...(proxyUrl !== undefined && {proxyUrl}),
    ...(tlsServerName !== undefined && {tlsServerName}),
  }
  return await keep(world, eksKubeconfig(cluster, access))
}

async function keep(world: World, content: string): Promise<string> {
  const folder = await privateFolder(world.env, 'kubeconfig')
  world.outputs.saveState(FOLDER_STATE, folder)
  const path = join(folder, 'config')
  await writePrivateFile(path, content)
  return path
}
