import {workspace} from '../../shared/core/files.ts'
import {lastWords} from '../../shared/core/exec.ts'
import {InputError} from '../../shared/core/errors.ts'
import type {World} from '../../shared/core/world.ts'
import {clusterFailure} from '../../shared/kubernetes/api/cluster-failure.ts'
import {connect} from '../../shared/kubernetes/api/kubectl.ts'
import {reach} from '../../shared/kubernetes/change/preflight.ts'
import {readManifestSet} from '../../shared/kubernetes/manifests/manifest-set.ts'
import type {ManifestSet} from '../../shared/kubernetes/manifests/manifest-set.ts'
import {withPullSecrets} from '../../shared/kubernetes/manifests/pull-secrets.ts'
import {readSources} from '../../shared/kubernetes/manifests/sources.ts'
import type {Source} from '../../shared/kubernetes/manifests/sources.ts'
import {targetOf} from './cluster.ts'
import {deploy} from './deploy.ts'
import {findKubectl} from './find-kubectl.ts'
import {runOnExisting} from './existing.ts'
import {renderChart, withoutHooks} from './helm.ts'
import {worksOnManifests} from './inputs.ts'
import type {RolloutInputs} from './inputs.ts'
import {prepare} from './prepare.ts'
import {reportPlan, showChanges} from './report.ts'
import {warnOfSkew} from './skew.ts'

/** Rolls manifests out to a cluster and returns only when the truth about every workload is known. */
export async function run(world: World, inputs: RolloutInputs): Promise<void> {
  const started = world.clock.now()
  const kubectl = await findKubectl(world, inputs)
  const sources = worksOnManifests(inputs) ? await readTexts(world, inputs, kubectl) : undefined
  // What is wrong in manifests is said before the cluster is asked; only a chart has to be rendered for its cluster.
  const known = sources && inputs.chart === undefined ? manifestsIn(world, inputs, sources) : undefined
  const target = await targetOf(world, inputs, kubectl)
  const connection = await connect(world, target)
  try {
    const server = await reach(connection.api)
    await warnOfSkew(world, kubectl, server)
    if (sources === undefined) {
      await runOnExisting(world, inputs, connection, server, started)
      return
    }
    const chart = await renderChart(world, inputs, connection, server)
    const set = known ?? manifestsIn(world, inputs, [...sources, ...chart])
    const prepared = await prepare(world, inputs, connection, server, set, started)
    showChanges(world, prepared)
    if (inputs.mode === 'plan')
      reportPlan(
        world,
        prepared,
        inputs.images.map(({reference}) => reference),
      )
    else await deploy(world, inputs, prepared)
  } catch (thrown) {
    throw clusterFailure(thrown)
  } finally {
    await connection.close()
  }
}

async function readTexts(world: World, inputs: RolloutInputs, kubectl: string): Promise<Source[]> {
  const sources = await readSources(workspace(world.env), inputs.manifests)
  if (inputs.kustomize !== undefined) {
    const built = await world.processes.call(kubectl, ['kustomize', inputs.kustomize], {cwd: workspace(world.env)})
    if (built.code !== 0) {
      const words = lastWords('kubectl kustomize', built)
      throw new InputError(`Input "kustomize" is "${inputs.kustomize}", which cannot be built: ${words}`)
    }
    sources.push({file: `kustomize ${inputs.kustomize}`, text: built.stdout})
  }
  return sources
}

function manifestsIn(world: World, inputs: RolloutInputs, sources: readonly Source[]): ManifestSet {
  const set = readManifestSet(sources, inputs.images, inputs.imagePaths)
  const applied = inputs.chart === undefined ? set.manifests : withoutHooks(world, set.manifests)
  return {...set, manifests: withPullSecrets(applied, inputs.pullSecrets)}
}
