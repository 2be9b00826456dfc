import type {CapacityProviderStrategyItem} from '@aws-sdk/client-ecs'
import {InputError} from '../../shared/core/errors.ts'
import {Inputs as Reader} from '../../shared/core/inputs.ts'
import type {Environment} from '../../shared/core/inputs.ts'
import {assignments} from '../../shared/ecs/assignments.ts'
import type {Edits} from '../../shared/ecs/what-is-edited.ts'
import {shortName} from '../../shared/ecs/names.ts'
import {sourceOf} from '../../shared/ecs/source.ts'
import type {Source} from '../../shared/ecs/source.ts'
import {words} from '../../shared/ecs/words.ts'

/** What the user asks for, checked as far as that is possible without asking AWS. */
export interface Inputs {
  readonly region: string | undefined
  readonly cluster: string
  readonly source: Source
  /** The service that network, launch type and platform are taken from. */
  readonly fromService: string | undefined
  readonly edits: Edits
  readonly overrides: Overrides
  /** The container that decides; undefined: the essential ones. */
  readonly container: string | undefined
  readonly launch: LaunchSettings
  readonly count: number
  readonly waitFor: 'stopped' | 'running' | 'healthy' | 'nothing'
  readonly timeoutMs: number
  readonly onTimeout: 'stop' | 'keep'
  readonly onCancel: 'stop' | 'keep'
  readonly logLines: number
}

/** What differs from the task definition for this one run. */
export interface Overrides {
  readonly command: readonly string[] | undefined
  readonly environment: ReadonlyMap<string, string>
  readonly cpu: string | undefined
  readonly memory: string | undefined
  readonly taskRoleArn: string | undefined
  readonly executionRoleArn: string | undefined
  /** More of them, for any container: JSON or YAML as RunTask takes it. */
  readonly containers: string | undefined
}

/** Where and how the task runs; undefined is taken from the service or left to ECS. */
export interface LaunchSettings {
  readonly launchType: 'FARGATE' | 'EC2' | 'EXTERNAL' | undefined
  readonly capacityProviders: readonly CapacityProviderStrategyItem[] | undefined
  readonly platformVersion: string | undefined
  readonly subnets: readonly string[]
  readonly securityGroups: readonly string[]
  readonly assignPublicIp: 'ENABLED' | 'DISABLED' | undefined
  readonly group: string | undefined
  readonly startedBy: string | undefined
  readonly tags: ReadonlyMap<string, string>
  readonly enableExecuteCommand: boolean
}

/**
 * Reads the inputs of ecs-run-task.
 * @throws {InputError} that names the input, its value and what is allowed
 */
export function readInputs(env: Environment): Inputs {
  const inputs = new Reader(env)
  const fromService = inputs.optional('from-service')
  const definition = inputs.optional('task-definition') ?? (fromService === undefined ? undefined : 'service')
  if (definition === undefined) {
    throw new InputError(
      'Input "task-definition" is required: give a file, a family or an ARN, or name a service in "from-service".',
    )
  }
  if (definition === 'service' && fromService === undefined) {
    throw new InputError('Input "task-definition" is "service": name that service in "from-service".')
  }
  const container = inputs.optional('container-name')
  return {
    region: inputs.optional('aws-region'),
    cluster: inputs.optional('cluster') ?? 'default',
    source: sourceOf(definition),
    fromService: fromService === undefined ? undefined : shortName(fromService),
    edits: readEdits(inputs, container),
    overrides: {
      command: words('command', inputs.optional('command')),
      environment: assignments('environment-variables', inputs.optional('environment-variables')),
      cpu: inputs.optional('cpu'),
      memory: inputs.optional('memory'),
      taskRoleArn: inputs.optional('task-role-arn'),
      executionRoleArn: inputs.optional('execution-role-arn'),
      containers: inputs.optional('container-overrides'),
    },
    container,
    launch: readLaunch(inputs),
    count: inputs.integer('count', 1, {min: 1, max: 10}),
    waitFor: inputs.oneOf('wait-for', ['stopped', 'running', 'healthy', 'nothing'], 'stopped'),
    timeoutMs: inputs.integer('wait-for-minutes', 30, {min: 1, max: 360}) * 60_000,
    onTimeout: inputs.oneOf('on-timeout', ['stop', 'keep'], 'stop'),
    onCancel: inputs.oneOf('on-cancel', ['stop', 'keep'], 'stop'),
    logLines: inputs.integer('log-lines', 40, {min: 0, max: 1000}),
  }
}

// RunTask overrides no image: that makes a revision of the task definition, the same one that a later ecs-deploy with
// the same settings then finds and uses.
function readEdits(inputs: Reader, container: string | undefined): Edits {
  return {
    containers: container === undefined ? [] : [container],
    image: inputs.optional('image'),
    images: assignments('images', inputs.optional('images')),
    container: {
      environment: new Map(),
      removeEnvironment: [],
      exclusive: false,
      secrets: new Map(),
      removeSecrets: [],
      environmentFiles: undefined,
      command: undefined,
      entryPoint: undefined,
      dockerLabels: new Map(),
      logDriver: undefined,
      logOptions: new Map(),
    },
    cpu: undefined,
    memory: undefined,
    taskRoleArn: undefined,
    executionRoleArn: undefined,
    patch: undefined,
  }
}

function readLaunch(inputs: Reader): LaunchSettings {
  const capacityProviders = readStrategy(inputs)
  const launchType = inputs.optionalOneOf('launch-type', ['FARGATE', 'EC2', 'EXTERNAL'])
  if (launchType !== undefined && capacityProviders !== undefined) {
    throw new InputError('Give only one of the inputs "launch-type" and "capacity-provider-strategy".')
  }
  return {
    launchType,
    capacityProviders,
    platformVersion: inputs.optional('platform-version'),
    subnets: inputs.list('subnets'),
    securityGroups: inputs.list('security-groups'),
    assignPublicIp: readPublicIp(inputs),
    group: inputs.optional('group'),
    startedBy: inputs.optional('started-by'),
    tags: assignments('tags', inputs.optional('tags')),
    enableExecuteCommand: inputs.boolean('enable-execute-command', false),
  }
}

function readPublicIp(inputs: Reader): 'ENABLED' | 'DISABLED' | undefined {
  const value = inputs.optionalOneOf('assign-public-ip', ['true', 'false', 'ENABLED', 'DISABLED'])
  if (value === undefined) return undefined
  return value === 'true' || value === 'ENABLED' ? 'ENABLED' : 'DISABLED'
}

// `FARGATE_SPOT=3` or `FARGATE=1:1` (weight, and base behind a colon), a line each.
function readStrategy(inputs: Reader): CapacityProviderStrategyItem[] | undefined {
  const given = assignments('capacity-provider-strategy', inputs.optional('capacity-provider-strategy'))
  if (given.size === 0) return undefined
  return [...given].map(([capacityProvider, value]) => {
    const match = /^(\d+)(?::(\d+))?$/.exec(value)
    if (match === null) {
      throw new InputError(
        `Input "capacity-provider-strategy" gives ${capacityProvider} "${value}": write ${capacityProvider}=weight or ${capacityProvider}=weight:base.`,
      )
    }
    return {capacityProvider, weight: Number(match[1]), ...(match[2] !== undefined && {base: Number(match[2])})}
  })
}
