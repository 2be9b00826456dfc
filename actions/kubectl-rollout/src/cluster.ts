import {dirname, join} from 'node:path'
import {InputError} from '../../shared/core/errors.ts'
import {privateFolder, writePrivateFile} from '../../shared/core/files.ts'
import type {World} from '../../shared/core/world.ts'
import {clientConfig} from '../../shared/aws/client-config.ts'
import type {Target} from '../../shared/kubernetes/api/kubectl.ts'
import {describeCluster} from '../../shared/kubernetes/eks/cluster.ts'
import {identity} from '../../shared/kubernetes/eks/identity.ts'
import {eksKubeconfig} from '../../shared/kubernetes/eks/kubeconfig.ts'
import {FOLDER_STATE} from './clean-up.ts'
import type {RolloutInputs} from './inputs.ts'

/**
 * Finds out which cluster is meant and how kubectl gets there: a kubeconfig that we write for an EKS cluster, one that
 * the user gave, or what kubectl finds by itself. Sets the `kubeconfig` output.
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

// A kubeconfig kept in a secret is given as text; it goes where only this job can read it.
async function given(world: World, {kubeconfig}: RolloutInputs): Promise<string | undefined> {
  if (kubeconfig === undefined || !/^\s*(?:\{|apiVersion:|kind:|clusters:)/m.test(kubeconfig)) return kubeconfig
  world.mask.add(kubeconfig)
  return await keep(world, kubeconfig)
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
