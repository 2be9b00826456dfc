import {DescribeTaskDefinitionCommand} from '@aws-sdk/client-ecs'
import type {DescribeTaskDefinitionCommandOutput} from '@aws-sdk/client-ecs'
import {parse} from 'yaml'
import {errorMessage, InputError} from '../core/errors.ts'
import {readUserFile} from '../core/files.ts'
import type {Environment} from '../core/inputs.ts'
import {ask} from './aws.ts'
import type {Aws} from './aws.ts'
import {definitionFrom, registrable} from './definition.ts'
import type {Definition} from './definition.ts'

/** A task definition with the ARN it was read from, when it was read from ECS. */
export interface Loaded {
  readonly definition: Definition
  readonly arn?: string
  /** Whether new tasks can be started from it: not, once it was deregistered. */
  readonly isActive?: boolean
}

/**
 * Reads a task definition from a file.
 * @throws {InputError} when the file is missing, is neither JSON nor YAML, or is no task definition
 */
export async function loadFile(env: Environment, path: string): Promise<Loaded> {
  const text = await readUserFile(env, 'task-definition', path)
  return {definition: definitionFrom(jsonOrYaml(text, path), path)}
}

/** What a file of the user's holds. @throws {InputError} that names it, when it is neither JSON nor YAML */
export function jsonOrYaml(text: string, path: string): unknown {
  try {
    return parse(text) as unknown
  } catch (error) {
    if (/^\s*(?:\/\/|\/\*)/.test(text)) {
      throw new InputError(
        `${path} starts with a comment, which JSON does not have: take it out, or write the file as YAML.`,
      )
    }
    const reason = errorMessage(error).split('\n')[0] ?? ''
    throw new InputError(`${path} is neither JSON nor YAML: ${reason.replace(/[:.]$/, '')}.`)
  }
}

/**
 * Reads a registered task definition, tags included.
 * @param name ARN, `family:revision`, or `family` for its newest active revision
 * @throws {InputError} when it is not there
 */
export async function loadRegistered(aws: Aws, name: string): Promise<Required<Loaded>> {
  const answer = await ask('ecs:DescribeTaskDefinition', () => describe(aws, name))
  const described = answer?.taskDefinition
  if (described?.taskDefinitionArn === undefined) {
    throw new InputError(
      `There is no task definition "${name}" in ${aws.region}: check the name and the region (a file needs a path like ./task-definition.json).`,
    )
  }
  const isActive = described.status !== 'INACTIVE'
  return {definition: registrable(described, answer?.tags), arn: described.taskDefinitionArn, isActive}
}

// ECS answers a name it does not know with a ClientException, not with an empty answer.
async function describe(aws: Aws, taskDefinition: string): Promise<DescribeTaskDefinitionCommandOutput | undefined> {
  try {
    return await aws.ecs.send(new DescribeTaskDefinitionCommand({taskDefinition, include: ['TAGS']}))
  } catch (error) {
    if (/Unable to describe task definition|does not exist|not found/i.test(errorMessage(error))) return undefined
    throw error
  }
}
