import {InputError} from '../core/errors.ts'
import {containerNames, definitionFrom} from './definition.ts'
import type {Container, Definition} from './definition.ts'
import {mergePatch} from './merge-patch.ts'
import {nearest} from './names.ts'
import {editsContainers} from './what-is-edited.ts'
import type {ContainerEdits, Edits} from './what-is-edited.ts'

/**
 * The base with all edits made. The base itself is not touched.
 * @throws {InputError} when an edit names a container that is not there
 */
export function render(base: Definition, edits: Edits): Definition {
  const edited = edits.patch === undefined ? base : definitionFrom(mergePatch(base, edits.patch), 'Input "patch"')
  const named = editedContainers(edited, edits)
  const containers = (edited.containerDefinitions ?? []).map((container) => {
    const image = edits.images.get(container.name ?? '') ?? (named.has(container.name ?? '') ? edits.image : undefined)
    const changed = named.has(container.name ?? '') ? editContainer(container, edits.container) : container
    return image === undefined ? changed : {...changed, image}
  })
  return {
    ...edited,
    containerDefinitions: containers,
    ...given({
      cpu: edits.cpu,
      memory: edits.memory,
      taskRoleArn: edits.taskRoleArn,
      executionRoleArn: edits.executionRoleArn,
    }),
  }
}

function given<T extends object>(values: T): Partial<T> {
  return Object.fromEntries(Object.entries(values).filter(([, value]) => value !== undefined)) as Partial<T>
}

function editedContainers(definition: Definition, edits: Edits): ReadonlySet<string> {
  const known = containerNames(definition)
  for (const name of edits.images.keys()) mustBeThere('images', name, known)
  for (const name of edits.containers) mustBeThere('container-name', name, known)
  if (edits.containers.length > 0) return new Set(edits.containers)
  if (known.length === 1 || !editsContainers(edits)) return new Set(known.length === 1 ? known : [])
  return new Set([onlyContainer(known)])
}

/** The container that is meant where none is named. @throws {InputError} when there are several */
export function onlyContainer(known: readonly string[]): string {
  const [name] = known
  if (name !== undefined && known.length === 1) return name
  throw new InputError(
    `Input "container-name" is needed: the task definition has ${String(known.length)} containers (${known.join(', ')}).`,
  )
}

/** @throws {InputError} that names the input and the nearest right name, when there is no such container */
export function mustBeThere(input: string, name: string, known: readonly string[]): void {
  if (known.includes(name)) return
  const near = nearest(name, known)
  const hint = near === undefined ? `use ${known.join(' or ')}` : `did you mean "${near}"?`
  throw new InputError(`Input "${input}" names "${name}", which is no container of the task definition: ${hint}`)
}

function editContainer(container: Container, edits: ContainerEdits): Container {
  const {command, entryPoint, environmentFiles, dockerLabels} = edits
  return {
    ...container,
    ...editedNames(container, edits),
    ...(environmentFiles && {environmentFiles: environmentFiles.map((value) => ({value, type: 's3' as const}))}),
    ...(command && {command: [...command]}),
    ...(entryPoint && {entryPoint: [...entryPoint]}),
    ...(dockerLabels.size > 0 && {dockerLabels: {...container.dockerLabels, ...Object.fromEntries(dockerLabels)}}),
    ...editedLog(container, edits),
  }
}

function editedNames(container: Container, edits: ContainerEdits): Pick<Container, 'environment' | 'secrets'> {
  const {environment, secrets, exclusive} = edits
  // A name is either a variable or a secret: ECS refuses a container that has it as both.
  const gone = new Set([...edits.removeEnvironment, ...edits.removeSecrets, ...environment.keys(), ...secrets.keys()])
  const keep = <T extends {name?: string | undefined}>(list: readonly T[] = []): T[] =>
    exclusive ? [] : list.filter(({name}) => !gone.has(name ?? ''))
  const variables = [...keep(container.environment), ...[...environment].map(([name, value]) => ({name, value}))]
  const references = [
    ...keep(container.secrets).filter(({name}) => name !== undefined),
    ...[...secrets].map(([name, valueFrom]) => ({name, valueFrom})),
  ]
  const touched = exclusive || gone.size > 0
  if (!touched) return {}
  return {
    ...((container.environment !== undefined || variables.length > 0) && {environment: variables}),
    ...((container.secrets !== undefined || references.length > 0) && {secrets: references}),
  }
}

function editedLog(container: Container, {logDriver, logOptions}: ContainerEdits): Pick<Container, 'logConfiguration'> {
  const current = container.logConfiguration
  const driver = logDriver ?? current?.logDriver
  if (logDriver === undefined && logOptions.size === 0) return {}
  if (driver === undefined) {
    throw new InputError(
      `Input "log-configuration-options" is set, but container "${container.name ?? ''}" has no log driver: add log-configuration-log-driver.`,
    )
  }
  // The options of another driver mean nothing to this one.
  const base = driver === current?.logDriver ? current.options : {}
  const logConfiguration = {...current, logDriver: driver, options: {...base, ...Object.fromEntries(logOptions)}}
  return {logConfiguration: logConfiguration as NonNullable<Container['logConfiguration']>}
}
