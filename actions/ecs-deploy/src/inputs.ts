import {parse} from 'yaml'
import {errorMessage, InputError} from '../../shared/core/errors.ts'
import {Inputs as Reader} from '../../shared/core/inputs.ts'
import type {Environment} from '../../shared/core/inputs.ts'
import {assignments} from '../../shared/ecs/assignments.ts'
import type {ContainerEdits, Edits} from '../../shared/ecs/what-is-edited.ts'
import {parseArn, shortName} from '../../shared/ecs/names.ts'
import {sourceOf} from '../../shared/ecs/source.ts'
import type {Source} from '../../shared/ecs/source.ts'
import type {Patience} from '../../shared/ecs/referee.ts'
import {editsContainers} from '../../shared/ecs/what-is-edited.ts'
import {words} from '../../shared/ecs/words.ts'

/** What the user asks for, checked as far as that is possible without asking AWS. */
export interface Inputs {
  readonly mode: 'deploy' | 'plan' | 'register'
  readonly region: string | undefined
  readonly source: Source
  /** The input that {@link source} came from, for messages: `task-definition.json`. */
  readonly origin: string
  readonly edits: Edits
  readonly cluster: string
  readonly services: readonly string[]
  /** Path of the file that a missing service is made from. */
  readonly createService: string | undefined
  readonly update: UpdateWish
  /** False: return as soon as ECS has taken the change. */
  readonly wait: boolean
  readonly patience: Patience
  readonly onFailure: 'rollback' | 'keep'
  readonly onCancel: 'rollback' | 'keep'
  readonly verify: Verification | undefined
  readonly logLines: number
  readonly codeDeploy: CodeDeployWish
  /** How many revisions of the family are kept; undefined: all. */
  readonly keepRevisions: number | undefined
}

/** What the user says of CodeDeploy; what is undefined is found or made. */
export interface CodeDeployWish {
  /** Path of an AppSpec in the checkout. */
  readonly appSpec: string | undefined
  readonly application: string | undefined
  readonly group: string | undefined
  readonly description: string | undefined
  readonly config: string | undefined
}

/** What UpdateService is told besides the task definition; undefined is not sent. */
export interface UpdateSettings {
  readonly desiredCount: number | undefined
  readonly forceNewDeployment: boolean
  readonly enableECSManagedTags: boolean | undefined
  readonly enableExecuteCommand: boolean | undefined
  readonly propagateTags: 'SERVICE' | 'TASK_DEFINITION' | 'NONE' | undefined
}

/** {@link UpdateSettings} as the user gave them, before it is known what the service runs. */
export interface UpdateWish extends UpdateSettings {
  /** How many tasks a service that has none is given; undefined leaves it at none. */
  readonly initialDesiredCount: number | undefined
}

/** What the deployed service must answer over HTTP. */
export interface Verification {
  readonly url: string
  readonly status: number
  /** A part of the answer's body. */
  readonly body: string | undefined
}

// https://docs.aws.amazon.com/codedeploy/latest/userguide/limits.html
const LONGEST_DESCRIPTION = 512

/**
 * Reads the inputs of ecs-deploy.
 * @throws {InputError} that names the input, its value and what is allowed
 */
export function readInputs(env: Environment): Inputs {
  const inputs = new Reader(env)
  const services = inputs.list('service').map(shortName)
  const mode = inputs.oneOf('mode', ['deploy', 'plan', 'register'], 'deploy')
  if (mode !== 'register' && services.length === 0) {
    throw new InputError('Input "service" is required: name the service, or set "mode: register" to register only.')
  }
  const {source, origin} = readSource(inputs)
  if (source.kind === 'service' && services.length === 0) {
    throw new InputError('Input "task-definition" is "service", and no service is named: add "service:".')
  }
  return {
    mode,
    region: inputs.optional('aws-region'),
    source,
    origin,
    edits: readEdits(inputs),
    cluster: inputs.optional('cluster') ?? 'default',
    services,
    createService: inputs.optional('create-service'),
    update: readUpdate(inputs),
    wait: inputs.boolean('wait-for-service-stability', true),
    patience: readPatience(inputs),
    onFailure: inputs.oneOf('on-failure', ['rollback', 'keep'], 'rollback'),
    onCancel: inputs.oneOf('on-cancel', ['rollback', 'keep'], 'rollback'),
    verify: readVerification(inputs),
    logLines: inputs.integer('log-lines', 40, {min: 0, max: 1000}),
    codeDeploy: readCodeDeploy(inputs),
    keepRevisions: inputs.optionalInteger('keep-revisions', {min: 1, max: 10_000}),
  }
}

function readSource(inputs: Reader): {source: Source; origin: string} {
  const arn = inputs.optional('task-definition-arn')
  const family = inputs.optional('task-definition-family')
  const revision = inputs.optional('task-definition-revision')
  const file = inputs.optional('task-definition')
  const given = [file, arn, family].filter((value) => value !== undefined)
  if (given.length > 1) {
    throw new InputError(
      'Give only one of the inputs "task-definition", "task-definition-arn" and "task-definition-family".',
    )
  }
  if (arn !== undefined && parseArn(arn) === undefined) {
    throw new InputError(
      `Input "task-definition-arn" is "${arn}", which is no ARN: use arn:aws:ecs:…:task-definition/….`,
    )
  }
  const name = family === undefined ? (arn ?? file) : [family, revision].filter(Boolean).join(':')
  if (name === undefined) {
    throw new InputError(
      'Input "task-definition" is required: give a file, a family, an ARN, or "service" for what the service runs now.',
    )
  }
  return {source: sourceOf(name), origin: name === 'service' ? 'the task definition' : shortName(name)}
}

function readEdits(inputs: Reader): Edits {
  const edits = givenEdits(inputs)
  const [name] = edits.containers
  // The output of another job is empty when that job did not set it, or when it held a masked text. What is in the file
  // would be deployed then, and be green.
  if (name !== undefined && edits.images.size === 0 && !editsContainers(edits)) {
    throw new InputError(
      `Input "image" is empty, and "container-name" is "${name}": nothing would change in it. Is the output set that the image comes from? (A masked account id makes it empty.) To deploy the task definition as it is, leave container-name out.`,
    )
  }
  return edits
}

function givenEdits(inputs: Reader): Edits {
  return {
    containers: inputs.list('container-name'),
    image: inputs.optional('image'),
    images: assignments('images', inputs.optional('images')),
    container: readContainerEdits(inputs),
    cpu: inputs.optional('cpu'),
    memory: inputs.optional('memory'),
    taskRoleArn: inputs.optional('task-role-arn'),
    executionRoleArn: inputs.optional('execution-role-arn'),
    patch: readPatch(inputs),
  }
}

function readContainerEdits(inputs: Reader): ContainerEdits {
  const files = inputs.list('env-files')
  return {
    environment: assignments('environment-variables', inputs.optional('environment-variables')),
    removeEnvironment: inputs.list('remove-environment-variables'),
    exclusive: inputs.boolean('exclusive-environment', false),
    secrets: assignments('secrets', inputs.optional('secrets')),
    removeSecrets: inputs.list('remove-secrets'),
    environmentFiles: files.length > 0 ? files : undefined,
    command: words('command', inputs.optional('command')),
    entryPoint: words('entry-point', inputs.optional('entry-point')),
    dockerLabels: assignments('docker-labels', inputs.optional('docker-labels')),
    logDriver: inputs.optional('log-configuration-log-driver'),
    logOptions: assignments('log-configuration-options', inputs.optional('log-configuration-options')),
  }
}

function readPatch(inputs: Reader): unknown {
  const text = inputs.optional('patch')
  if (text === undefined) return undefined
  try {
    return parse(text) as unknown
  } catch (error) {
    throw new InputError(`Input "patch" is neither JSON nor YAML: ${errorMessage(error).split('\n')[0] ?? ''}`)
  }
}

function readUpdate(inputs: Reader): UpdateWish {
  const flag = (name: string): boolean | undefined =>
    inputs.optional(name) === undefined ? undefined : inputs.boolean(name, false)
  return {
    desiredCount: inputs.optionalInteger('desired-count', {min: 0, max: 5000}),
    initialDesiredCount: inputs.optionalInteger('initial-desired-count', {min: 1, max: 5000}),
    forceNewDeployment: inputs.boolean('force-new-deployment', false),
    enableECSManagedTags: flag('enable-ecs-managed-tags'),
    enableExecuteCommand: flag('enable-execute-command'),
    propagateTags: inputs.optionalOneOf('propagate-tags', ['SERVICE', 'TASK_DEFINITION', 'NONE']),
  }
}

function readCodeDeploy(inputs: Reader): CodeDeployWish {
  return {
    appSpec: inputs.optional('codedeploy-appspec'),
    application: inputs.optional('codedeploy-application'),
    group: inputs.optional('codedeploy-deployment-group'),
    description: inputs.optional('codedeploy-deployment-description')?.slice(0, LONGEST_DESCRIPTION),
    config: inputs.optional('codedeploy-deployment-config'),
  }
}

function readPatience(inputs: Reader): Patience {
  return {
    timeoutMs: inputs.integer('wait-for-minutes', 30, {min: 1, max: 360}) * 60_000,
    stableForMs: inputs.integer('stable-for', 0, {min: 0, max: 3600}) * 1000,
    failAfter: inputs.integer('fail-after', 2, {min: 0, max: 100}),
    onPause: inputs.oneOf('on-pause', ['wait', 'continue'], 'wait'),
  }
}

function readVerification(inputs: Reader): Verification | undefined {
  const url = inputs.optional('verify-url')
  if (url === undefined) return undefined
  if (!/^https?:\/\//.test(url) || !URL.canParse(url)) {
    throw new InputError(`Input "verify-url" is "${url}": give an address that starts with http:// or https://.`)
  }
  return {
    url,
    status: inputs.integer('verify-status', 200, {min: 100, max: 599}),
    body: inputs.optional('verify-body'),
  }
}
