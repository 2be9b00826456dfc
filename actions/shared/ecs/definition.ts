import {RegisterTaskDefinitionRequest$} from '@aws-sdk/client-ecs'
import type {ContainerDefinition, RegisterTaskDefinitionCommandInput, TaskDefinition} from '@aws-sdk/client-ecs'
import {NormalizedSchema} from '@smithy/core/schema'
import {InputError} from '../core/errors.ts'
import {nearest} from './names.ts'

/** A task definition as it is registered. */
export type Definition = RegisterTaskDefinitionCommandInput

/** One container of a task definition. */
export type Container = ContainerDefinition

/**
 * What DescribeTaskDefinition gives and RegisterTaskDefinition refuses: the difference between the two shapes
 * https://docs.aws.amazon.com/AmazonECS/latest/APIReference/API_TaskDefinition.html and
 * https://docs.aws.amazon.com/AmazonECS/latest/APIReference/API_RegisterTaskDefinition.html.
 */
export const DESCRIBE_ONLY = [
  'compatibilities',
  'taskDefinitionArn',
  'requiresAttributes',
  'revision',
  'status',
  'registeredAt',
  'deregisteredAt',
  'registeredBy',
  'deleteRequestedAt',
] as const

/** A described task definition as one that can be registered again, with its tags. */
export function registrable(described: TaskDefinition, tags: Definition['tags'] = []): Definition {
  const kept = Object.entries(described).filter(([key]) => !(DESCRIBE_ONLY as readonly string[]).includes(key))
  return {...(Object.fromEntries(kept) as Partial<Definition>), ...(tags.length > 0 && {tags})} as Definition
}

/**
 * `data` as a task definition: the wrapper of `aws ecs describe-task-definition` is taken off, describe-only fields
 * and nulls are dropped, everything else is kept (an empty text can be meant).
 * @param origin how messages name it: `task-definition.json`
 * @throws {InputError} that names a key RegisterTaskDefinition does not know, with the nearest right one (the SDK
 * would leave it out without a word), and a value of another kind than it takes
 */
export function definitionFrom(data: unknown, origin: string): Definition {
  const {body, tags} = unwrapped(data, origin)
  const definition = registrable(withoutNulls(body) as TaskDefinition, tags)
  refuseUnknownKeys(RegisterTaskDefinitionRequest$, definition, origin)
  if (typeof definition.family !== 'string' || definition.family === '')
    throw new InputError(`${origin} has no "family": add "family": "<name>".`)
  if (!Array.isArray(definition.containerDefinitions) || definition.containerDefinitions.length === 0)
    throw new InputError(`${origin} has no "containerDefinitions": add at least one container.`)
  return definition
}

function unwrapped(data: unknown, origin: string): {body: object; tags: Definition['tags']} {
  if (!isRecord(data)) throw new InputError(`${origin} does not hold a task definition: an object was expected.`)
  const inner = data['taskDefinition']
  if (!isRecord(inner)) return {body: data, tags: undefined}
  return {body: inner, tags: data['tags'] as Definition['tags']}
}

function isRecord(value: unknown): value is Record<string, unknown> {
  return typeof value === 'object' && value !== null && !Array.isArray(value)
}

/** `value` with every null and undefined taken out of objects and lists, and nothing else. */
export function withoutNulls(value: unknown): unknown {
  if (Array.isArray(value)) return value.filter((item) => item !== null && item !== undefined).map(withoutNulls)
  if (!isRecord(value) || value instanceof Date) return value
  const kept = Object.entries(value).filter(([, item]) => item !== null && item !== undefined)
  return Object.fromEntries(kept.map(([key, item]) => [key, withoutNulls(item)]))
}

/**
 * Refuses keys that a request does not have, which the SDK would leave out without a word, and values of another kind
 * than it takes, which ECS would refuse (`cpu: 256` in YAML is a number, and ECS takes a text).
 * @param request the SDK's own description of the request
 * @throws {InputError} that names each key, with the nearest right one, and each value, with the kind that is right
 */
export function refuseUnknownKeys(request: Request, value: object, origin: string): void {
  const unknown = unknownKeys(NormalizedSchema.of(request), value, '')
  if (unknown.length === 0) return
  const said = `${origin}: ${unknown.join('; ')}`
  throw new InputError(said.endsWith('?') ? said : `${said}.`)
}

type Request = Parameters<typeof NormalizedSchema.of>[0]

// Walks the value beside the SDK's own description of the request, so that the list of keys never goes stale.
function unknownKeys(schema: NormalizedSchema, value: unknown, path: string): string[] {
  const wanted = wantedKind(schema)
  if (wanted !== undefined && kindOf(value) !== wanted) {
    // A value of a variable may be a password that lost its quotes.
    const shown = /\.environment\b/.test(path) ? kindOf(value) : JSON.stringify(value)
    return [`${path} is ${shown}, and ECS takes ${KINDS[wanted]}`]
  }
  if (schema.isStructSchema()) return unknownMembers(schema, value as Readonly<Record<string, unknown>>, path)
  if (!schema.isListSchema()) return []
  const items = value as readonly unknown[]
  return items.flatMap((item, at) => unknownKeys(schema.getValueSchema(), item, `${path}[${String(at)}]`))
}

/** The kinds of values that requests have, and what to do about another one. */
const KINDS = {
  'an object': 'an object there',
  'a list': 'a list there',
  'a text': 'a text: put it in quotes',
  'a number': 'a number, without quotes',
  'true or false': 'true or false, without quotes',
} as const

// What the SDK cannot send as it stands: it would fail in the middle, or send "[object Object]".
function wantedKind(schema: NormalizedSchema): keyof typeof KINDS | undefined {
  if (schema.isStructSchema() || schema.isMapSchema()) return 'an object'
  if (schema.isListSchema()) return 'a list'
  if (schema.isBooleanSchema()) return 'true or false'
  if (schema.isNumericSchema()) return 'a number'
  return schema.isStringSchema() ? 'a text' : undefined
}

function kindOf(value: unknown): keyof typeof KINDS | 'nothing' {
  if (Array.isArray(value)) return 'a list'
  if (typeof value === 'string') return 'a text'
  if (typeof value === 'number') return 'a number'
  if (typeof value === 'boolean') return 'true or false'
  return isRecord(value) ? 'an object' : 'nothing'
}

function unknownMembers(schema: NormalizedSchema, value: Readonly<Record<string, unknown>>, path: string): string[] {
  const members = new Map(schema.structIterator())
  return Object.entries(value).flatMap(([key, item]) => {
    const member = members.get(key)
    if (member !== undefined) return unknownKeys(member, item, path === '' ? key : `${path}.${key}`)
    const near = nearest(key, [...members.keys()])
    const where = path === '' ? '' : ` in ${path}`
    return [`unknown key "${key}"${where}${near === undefined ? '' : `: did you mean "${near}"?`}`]
  })
}

/** The names of a definition's containers, in order. */
export function containerNames(definition: Definition): string[] {
  return (definition.containerDefinitions ?? []).map(({name}) => name ?? '')
}
