import {cpuUnits, memoryMiB} from './check-definition.ts'
import type {Definition} from './definition.ts'
import {withoutNulls} from './definition.ts'

type Json = Record<string, unknown>

// What ECS fills in when it describes a definition that left these out:
// https://docs.aws.amazon.com/AmazonECS/latest/APIReference/API_ContainerDefinition.html
const CONTAINER_DEFAULTS: Json = {
  cpu: 0,
  essential: true,
  privileged: false,
  interactive: false,
  pseudoTerminal: false,
  readonlyRootFilesystem: false,
  disableNetworking: false,
  versionConsistency: 'enabled',
}
const HEALTH_CHECK_DEFAULTS: Json = {interval: 30, timeout: 5, retries: 3}

// Lists whose order means nothing to ECS, with what tells their items apart.
const UNORDERED: Readonly<Record<string, readonly string[]>> = {
  containerDefinitions: ['name'],
  environment: ['name'],
  secrets: ['name'],
  secretOptions: ['name'],
  portMappings: ['containerPort', 'protocol', 'name'],
  mountPoints: ['containerPath'],
  volumes: ['name'],
  volumesFrom: ['sourceContainer'],
  ulimits: ['name'],
  systemControls: ['namespace'],
  dependsOn: ['containerName'],
  extraHosts: ['hostname'],
  tags: ['key'],
  requiresCompatibilities: [],
}

/**
 * A definition in the one form in which two that mean the same are equal: what ECS fills in is left out, empty lists
 * and objects are left out, lists without order are sorted, sizes are plain numbers.
 */
export function normalise(definition: Definition): Definition {
  const {cpu, memory, networkMode, containerDefinitions = [], ...rest} = withoutNulls(definition) as Definition
  return pruned({
    ...rest,
    ...(networkMode !== undefined && networkMode !== 'bridge' && {networkMode}),
    ...(cpu !== undefined && {cpu: plain(cpuUnits(cpu), cpu)}),
    ...(memory !== undefined && {memory: plain(memoryMiB(memory), memory)}),
    containerDefinitions: containerDefinitions.map((container) => normaliseContainer(container as Json, networkMode)),
  }) as Definition
}

function plain(number: number, text: string): string {
  return Number.isNaN(number) ? text : String(number)
}

function normaliseContainer(container: Json, networkMode: string | undefined): Json {
  const {healthCheck, portMappings, ...rest} = container
  return {
    ...withoutDefaults(rest, CONTAINER_DEFAULTS),
    ...(healthCheck !== undefined && {healthCheck: withoutDefaults(healthCheck as Json, HEALTH_CHECK_DEFAULTS)}),
    ...(Array.isArray(portMappings) && {
      portMappings: portMappings.map((mapping) => normalisePort(mapping as Json, networkMode)),
    }),
  }
}

function normalisePort(mapping: Json, networkMode: string | undefined): Json {
  const {hostPort, protocol = 'tcp', ...rest} = mapping
  // Under awsvpc and host the host's port is the container's port, whether it is written or not.
  const implied = hostPort === 0 || (networkMode !== 'bridge' && hostPort === mapping['containerPort'])
  return {...rest, protocol, ...(hostPort !== undefined && !implied && {hostPort})}
}

function withoutDefaults(value: Json, defaults: Json): Json {
  return Object.fromEntries(Object.entries(value).filter(([key, item]) => defaults[key] !== item))
}

function pruned(value: unknown, key = ''): unknown {
  if (Array.isArray(value))
    return sorted(
      value.map((item) => pruned(item)),
      key,
    )
  if (typeof value !== 'object' || value === null) return value
  const kept = Object.entries(value)
    .map(([name, item]) => [name, pruned(item, name)] as const)
    .filter(([, item]) => !isEmpty(item))
    .sort(([a], [b]) => (a < b ? -1 : 1))
  return Object.fromEntries(kept)
}

function isEmpty(value: unknown): boolean {
  return typeof value === 'object' && value !== null && Object.keys(value).length === 0
}

function sorted(list: unknown[], key: string): unknown[] {
  const by = UNORDERED[key]
  if (by === undefined) return list
  const rank = (item: unknown): string =>
    by.length === 0 ? String(item) : by.map((name) => JSON.stringify((item as Json)[name])).join('\u0000')
  return list.sort((a, b) => (rank(a) < rank(b) ? -1 : 1))
}

/** Whether two definitions mean the same to ECS. */
export function sameDefinition(a: Definition, b: Definition): boolean {
  return JSON.stringify(normalise(a)) === JSON.stringify(normalise(b))
}
