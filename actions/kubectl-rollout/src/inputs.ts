import {InputError} from '../../shared/core/errors.ts'
import {Inputs} from '../../shared/core/inputs.ts'
import type {Environment} from '../../shared/core/inputs.ts'
import {parseDuration} from '../../shared/kubernetes/duration.ts'
import {parseImagePaths, parseImageRules} from '../../shared/kubernetes/manifests/image-rules.ts'
import type {ImagePath, ImageRule} from '../../shared/kubernetes/manifests/image-rules.ts'
import {parseSetName} from '../../shared/kubernetes/prune/apply-set.ts'
import type {SetName} from '../../shared/kubernetes/prune/apply-set.ts'
import {parseWaitRules} from '../../shared/kubernetes/watch/wait-rules.ts'
import type {WaitRule} from '../../shared/kubernetes/watch/wait-rules.ts'

/** What the action does. */
export const MODES = ['deploy', 'plan', 'restart', 'rollback', 'watch'] as const

/** A Helm chart to render. */
export interface ChartInputs {
  /** A folder, an archive, `oci://…`, or a name in `repository`. */
  readonly name: string
  readonly release: string | undefined
  readonly version: string | undefined
  readonly repository: string | undefined
  /** Files with values; later ones win. */
  readonly values: readonly string[]
  /** YAML that wins over all files. */
  readonly overrides: string | undefined
}

/** What the user asked for, checked as far as it can be without a cluster. */
export interface RolloutInputs {
  readonly mode: (typeof MODES)[number]
  readonly manifests: readonly string[]
  readonly kustomize: string | undefined
  readonly chart: ChartInputs | undefined
  readonly namespace: string | undefined
  readonly createNamespace: boolean
  readonly images: readonly ImageRule[]
  readonly imagePaths: readonly ImagePath[]
  /** Names of Secrets that all pods of the manifests get. */
  readonly pullSecrets: readonly string[]
  readonly fieldManager: string
  readonly forceConflicts: boolean
  /** The set that is pruned; undefined when nothing is. */
  readonly applySet: SetName | undefined
  readonly timeoutMs: number
  readonly graceMs: number
  readonly failFast: boolean
  /** How long all must go on running once all is rolled out, 0 for not at all; undefined: as long as its probes ask for. */
  readonly stableForMs: number | undefined
  /** What is waited for beside the rules of the kinds. */
  readonly waitFor: readonly WaitRule[]
  /** Restart pods that read a ConfigMap or Secret which changes. */
  readonly restartOnConfigChange: boolean
  readonly onFailure: 'rollback' | 'keep'
  readonly onCancel: 'rollback' | 'keep'
  readonly logLines: number
  /** `kind/name`. */
  readonly resources: readonly string[]
  readonly toRevision: number | undefined
  readonly receipt: string | undefined
  readonly pullSecret: 'ecr' | undefined
  /** `v1.34.2`. */
  readonly kubectlVersion: string | undefined
  readonly kubectlUrl: string
  readonly clusterName: string | undefined
  readonly region: string | undefined
  readonly roleArn: string | undefined
  readonly proxyUrl: string | undefined
  readonly tlsServerName: string | undefined
  readonly exportKubeconfig: boolean
  readonly kubeconfig: string | undefined
  readonly context: string | undefined
}

/** Reads all inputs. @throws {InputError} for the first one that is wrong */
export function readInputs(env: Environment): RolloutInputs {
  const inputs = new Inputs(env)
  const mode = inputs.oneOf('mode', MODES, 'deploy')
  refuseStrategies(inputs)
  refuseNotOffered(inputs)
  const read: RolloutInputs = {
    mode,
    manifests: names(inputs, 'manifests'),
    kustomize: inputs.optional('kustomize'),
    chart: chartInputs(inputs),
    namespace: namespaceOf(inputs),
    createNamespace: inputs.boolean('create-namespace', false),
    images: parseImageRules(inputs.list('images')),
    imagePaths: parseImagePaths(inputs.list('image-paths')),
    pullSecrets: [...new Set(names(inputs, 'imagepullsecrets'))],
    fieldManager: fieldManager(inputs),
    forceConflicts: inputs.boolean('force-conflicts', false),
    applySet: pruned(inputs),
    timeoutMs: duration(inputs, 'timeout', 1_000) ?? 600_000,
    graceMs: duration(inputs, 'grace', 0) ?? 30_000,
    failFast: inputs.boolean('fail-fast', true),
    stableForMs: duration(inputs, 'stable-for', 0),
    waitFor: parseWaitRules(inputs.lines('wait-rules')),
    restartOnConfigChange: inputs.boolean('restart-on-config-change', false),
    onFailure: inputs.oneOf('on-failure', ['rollback', 'keep'], 'rollback'),
    onCancel: inputs.oneOf('on-cancel', ['rollback', 'keep'], 'keep'),
    logLines: inputs.integer('log-lines', 40, {min: 0, max: 1000}),
    resources: inputs.list('resources'),
    toRevision: inputs.optionalInteger('to-revision', {min: 1, max: 1_000_000_000}),
    receipt: inputs.optional('receipt'),
    pullSecret: inputs.optionalOneOf('pull-secret', ['ecr']),
    kubectlVersion: kubectlVersion(inputs),
    kubectlUrl: inputs.optional('kubectl-url') ?? 'https://dl.k8s.io/release',
    clusterName: inputs.optional('cluster-name'),
    region: inputs.optional('aws-region'),
    roleArn: inputs.optional('role-arn'),
    proxyUrl: inputs.optional('proxy-url'),
    tlsServerName: inputs.optional('tls-server-name'),
    exportKubeconfig: inputs.boolean('export-kubeconfig', false),
    kubeconfig: inputs.optional('kubeconfig'),
    context: inputs.optional('context'),
  }
  checkSubject(read)
  return read
}

/** Whether the mode works on manifests; the others work on what is in the cluster. */
export function worksOnManifests({mode}: Pick<RolloutInputs, 'mode'>): boolean {
  return mode === 'deploy' || mode === 'plan'
}

function checkSubject(read: RolloutInputs): void {
  if (worksOnManifests(read)) {
    if (read.manifests.length > 0 || read.kustomize !== undefined || read.chart !== undefined) return
    throw new InputError(
      'Give "manifests" (files, folders, patterns or URLs), "kustomize" (an overlay folder) or "helm" (a chart).',
    )
  }
  if (read.resources.length > 0 || (read.mode === 'rollback' && read.receipt !== undefined)) return
  throw new InputError(`Mode "${read.mode}" works on what is in the cluster: name it in "resources" (deployment/api).`)
}

function chartInputs(inputs: Inputs): ChartInputs | undefined {
  const chart = {
    release: inputs.optional('helm-release'),
    version: inputs.optional('helm-chart-version'),
    repository: inputs.optional('helm-repository'),
    values: inputs.list('helm-values'),
    overrides: inputs.optional('helm-overrides'),
  }
  const name = inputs.optional('helm')
  if (name === undefined) {
    const [alone] = Object.entries(chart).find(([, value]) => value !== undefined && value.length > 0) ?? []
    if (alone === undefined) return undefined
    const input = alone === 'version' ? 'chart-version' : alone
    throw new InputError(`Input "helm-${input}" is given, but "helm" names no chart: name it, or remove the input.`)
  }
  // What starts with "-" would be an option for helm.
  if (name.startsWith('-')) throw new InputError(`Input "helm" is "${name}": give the folder or the name of a chart.`)
  if (chart.release !== undefined && !/^[a-z0-9](?:[-.a-z0-9]{0,51}[a-z0-9])?$/.test(chart.release)) {
    throw new InputError(
      `Input "helm-release" is "${chart.release}": a release has up to 53 lower-case letters, digits, "-" and ".".`,
    )
  }
  return {name, ...chart}
}

// A workflow written for Azure/k8s-deploy separates manifests by commas and semicolons too.
function names(inputs: Inputs, name: string): string[] {
  return inputs.list(name).flatMap((item) =>
    item
      .split(';')
      .map((part) => part.trim())
      .filter((part) => part !== ''),
  )
}

function refuseStrategies(inputs: Inputs): void {
  inputs.oneOf('action', ['deploy'], 'deploy')
  inputs.oneOf('strategy', ['basic', 'none'], 'basic')
  if (!inputs.boolean('server-side', true)) {
    throw new InputError('Input "server-side" is "false": this action always applies server-side; remove the input.')
  }
}

/** What Azure/k8s-deploy can and this action does not, each with what to do instead. */
const NOT_OFFERED = [
  ['force', 'deleting and creating again is an outage; remove it, or take over fields with "force-conflicts"'],
  ['skip-tls-verify', 'a cluster without a verified certificate is anybody; give its CA in the kubeconfig'],
  ['private-cluster', 'there is no "az aks command invoke" here; reach a private endpoint with "proxy-url"'],
] as const

function refuseNotOffered(inputs: Inputs): void {
  const asked = NOT_OFFERED.find(([name]) => inputs.boolean(name, false))
  if (asked !== undefined) throw new InputError(`Input "${asked[0]}" is "true": ${asked[1]}.`)
}

// A set without a name would be everybody's: then one team deletes what another one applies.
function pruned(inputs: Inputs): SetName | undefined {
  const [prune, name] = [inputs.boolean('prune', false), inputs.optional('applyset')]
  if (prune && name === undefined) {
    throw new InputError(
      'Input "prune" is "true", but "applyset" is not given: name the set of these manifests (streaming).',
    )
  }
  if (!prune && name !== undefined) {
    throw new InputError(`Input "applyset" is "${name}", but "prune" is not "true": set both or none.`)
  }
  return name === undefined ? undefined : parseSetName(name)
}

function namespaceOf(inputs: Inputs): string | undefined {
  const namespace = inputs.optional('namespace')
  if (namespace !== undefined && !/^[a-z0-9](?:[-a-z0-9]{0,61}[a-z0-9])?$/.test(namespace)) {
    throw new InputError(
      `Input "namespace" is "${namespace}": a namespace has up to 63 lower-case letters, digits and "-".`,
    )
  }
  return namespace
}

function kubectlVersion(inputs: Inputs): string | undefined {
  const version = inputs.optional('kubectl-version')
  if (version === undefined) return undefined
  if (!/^v?\d+\.\d+\.\d+$/.test(version)) {
    throw new InputError(`Input "kubectl-version" is "${version}": give a whole version like v1.34.2.`)
  }
  return version.startsWith('v') ? version : `v${version}`
}

function fieldManager(inputs: Inputs): string {
  const manager = inputs.optional('field-manager') ?? 'slipway'
  if (manager.length > 128) throw new InputError('Input "field-manager" has more than 128 characters: shorten it.')
  return manager
}

function duration(inputs: Inputs, name: string, min: number): number | undefined {
  const text = inputs.optional(name)
  if (text === undefined) return undefined
  const ms = parseDuration(text)
  if (ms === undefined || ms < min || ms > 24 * 3_600_000) {
    throw new InputError(`Input "${name}" is "${text}": give a time like 90s, 10m or 1h30m, up to 24h.`)
  }
  return ms
}
