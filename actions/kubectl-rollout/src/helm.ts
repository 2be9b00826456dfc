import {readFile} from 'node:fs/promises'
import {basename, join, resolve} from 'node:path'
import {parse} from 'yaml'
import {lastWords} from '../../shared/core/exec.ts'
import type {Finished} from '../../shared/core/exec.ts'
import {InputError} from '../../shared/core/errors.ts'
import {workspace} from '../../shared/core/files.ts'
import type {World} from '../../shared/core/world.ts'
import {apiVersionsOf} from '../../shared/kubernetes/api/capabilities.ts'
import type {Connection} from '../../shared/kubernetes/api/kubectl.ts'
import type {ServerVersion} from '../../shared/kubernetes/change/preflight.ts'
import type {Manifest} from '../../shared/kubernetes/manifests/manifest-set.ts'
import type {Source} from '../../shared/kubernetes/manifests/sources.ts'
import {title} from '../../shared/kubernetes/object.ts'
import type {ChartInputs, RolloutInputs} from './inputs.ts'

const HOOK = 'helm.sh/hook'

/**
 * Renders the chart of the inputs for the cluster that it goes to; helm itself never speaks to the cluster.
 * @throws {InputError} when helm is not there, or cannot render it
 */
export async function renderChart(
  world: World,
  {chart, namespace}: RolloutInputs,
  connection: Connection,
  server: ServerVersion,
): Promise<Source[]> {
  if (chart === undefined) return []
  const helm = await world.processes.find('helm')
  if (helm === undefined) {
    throw new InputError(
      `Input "helm" is "${chart.name}", but helm was not found on PATH: install it in a step before this one, for example with azure/setup-helm.`,
    )
  }
  const release = chart.release ?? (await releaseName(workspace(world.env), chart.name))
  const versions = await apiVersionsOf(connection.api)
  const argv = [
    ...['template', release, chart.name, '--namespace', namespace ?? connection.namespace, '--include-crds'],
    ...chartArguments(chart),
    ...['--kube-version', server.gitVersion, ...versions.flatMap((version) => ['--api-versions', version])],
  ]
  const options = {cwd: workspace(world.env), ...(chart.overrides !== undefined && {input: chart.overrides})}
  const rendered = await world.processes.call(helm, argv, options)
  if (rendered.code !== 0) {
    throw new InputError(`Input "helm" is "${chart.name}", which cannot be rendered: ${helmWords(rendered)}.`)
  }
  return [{file: `helm ${chart.name}`, text: rendered.stdout}]
}

/** The arguments that say which chart and with which values; overrides come from standard input, as they may be secret. */
export function chartArguments({version, repository, values, overrides}: ChartInputs): string[] {
  return [
    ...(version === undefined ? [] : ['--version', version]),
    ...(repository === undefined ? [] : ['--repo', repository]),
    ...values.flatMap((file) => ['--values', file]),
    ...(overrides === undefined ? [] : ['--values', '-']),
  ]
}

// As helm install --generate-name does without the random part: what is rolled out twice has to be called the same.
async function releaseName(root: string, chart: string): Promise<string> {
  const own = await readFile(join(resolve(root, chart), 'Chart.yaml'), 'utf8').catch(() => undefined)
  const name = own === undefined ? undefined : (parse(own) as {readonly name?: unknown} | null)?.name
  return typeof name === 'string' ? name : basename(chart).replace(/(?:-v?\d+\.\d+\.\d+.*)?\.tgz$/, '')
}

// The last line of helm's is advice about --debug; what is wrong is the one that starts with "Error:".
function helmWords(finished: Finished): string {
  const error = /^Error: (.*)$/m.exec(finished.stderr)?.[1]
  return (error ?? lastWords('helm', finished)).replace('failed to parse -:', '"helm-overrides":').replace(/\.$/, '')
}

/**
 * The manifests without the hooks of a chart: only helm knows when they run. Its tests are left out in silence, as
 * helm leaves them out of an install; a warning names every other one.
 * @throws {InputError} when nothing is left
 */
export function withoutHooks(world: World, manifests: readonly Manifest[]): readonly Manifest[] {
  const kindOf = ({object}: Manifest): string | undefined => object.metadata.annotations?.[HOOK]
  const left = manifests.filter((one) => kindOf(one) !== undefined && !isTest(kindOf(one)))
  for (const one of left) {
    world.log.warning(
      `${title(one.object)} is a hook of the chart (${kindOf(one) ?? ''}) and is not applied: run it as a Job of its own before or after this step.`,
    )
  }
  const kept = manifests.filter((one) => kindOf(one) === undefined)
  if (kept.length === 0) throw new InputError('Input "helm" names a chart that holds nothing but hooks.')
  return kept
}

const isTest = (hook = ''): boolean => hook.split(',').every((one) => /^test(?:-success|-failure)?$/.test(one.trim()))
