import {ContainerOverride$} from '@aws-sdk/client-ecs'
import type {ContainerOverride, RunTaskCommandInput, TaskOverride} from '@aws-sdk/client-ecs'
import {InputError} from '../../shared/core/errors.ts'
import {containerNames, refuseUnknownKeys} from '../../shared/ecs/definition.ts'
import type {Definition} from '../../shared/ecs/definition.ts'
import {mustBeThere, onlyContainer} from '../../shared/ecs/edits.ts'
import {jsonOrYaml} from '../../shared/ecs/load.ts'
import type {Overrides} from './inputs.ts'

/** The input that speaks of any container. */
const LIST = 'container-overrides'

/**
 * What RunTask is told to do otherwise than the task definition says, for this one run; nothing when nothing is.
 * @param container the one that `command` and `environment-variables` are for
 * @throws {InputError} for a container that the definition does not have, or what RunTask does not take
 */
export function overridesFor(
  overrides: Overrides,
  container: string | undefined,
  definition: Definition,
): Pick<RunTaskCommandInput, 'overrides'> {
  const {cpu, memory} = overrides
  const containerOverrides = [...ofNamed(overrides, container, definition), ...ofList(overrides.containers, definition)]
  const twice = containerOverrides.find(({name}, at) => containerOverrides.findIndex((one) => one.name === name) < at)
  if (twice !== undefined) {
    throw new InputError(
      `Container "${twice.name ?? ''}" is overridden twice: say all of it in "${LIST}", or take it out there.`,
    )
  }
  const all = {
    ...(cpu !== undefined && {cpu}),
    ...(memory !== undefined && {memory}),
    ...rolesUnlike(definition, overrides),
    ...(containerOverrides.length > 0 && {containerOverrides}),
  }
  return Object.keys(all).length === 0 ? {} : {overrides: all}
}

// A role that the definition has already needs no override, and no iam:PassRole on top.
function rolesUnlike(
  definition: Definition,
  {taskRoleArn, executionRoleArn}: Overrides,
): Pick<TaskOverride, 'taskRoleArn' | 'executionRoleArn'> {
  return {
    ...(taskRoleArn !== undefined && taskRoleArn !== definition.taskRoleArn && {taskRoleArn}),
    ...(executionRoleArn !== undefined && executionRoleArn !== definition.executionRoleArn && {executionRoleArn}),
  }
}

function ofNamed(
  {command, environment}: Overrides,
  container: string | undefined,
  definition: Definition,
): ContainerOverride[] {
  if (command === undefined && environment.size === 0) return []
  const known = containerNames(definition)
  const name = container ?? onlyContainer(known)
  mustBeThere('container-name', name, known)
  return [
    {
      name,
      ...(command !== undefined && {command: [...command]}),
      ...(environment.size > 0 && {environment: [...environment].map(([key, value]) => ({name: key, value}))}),
    },
  ]
}

function ofList(text: string | undefined, definition: Definition): ContainerOverride[] {
  if (text === undefined) return []
  const list = jsonOrYaml(text, `Input "${LIST}"`)
  if (!Array.isArray(list)) {
    throw new InputError(`Input "${LIST}" is no list: write one entry for each container, as RunTask takes them.`)
  }
  return list.map((item: unknown, at) => {
    if (typeof item !== 'object' || item === null || typeof (item as {name?: unknown}).name !== 'string') {
      throw new InputError(
        `Input "${LIST}" has an entry without a "name" (the ${String(at + 1)}. one): name its container.`,
      )
    }
    const override = item as ContainerOverride & {readonly name: string}
    mustBeThere(LIST, override.name, containerNames(definition))
    refuseUnknownKeys(ContainerOverride$, override, `Input "${LIST}", container "${override.name}"`)
    return override
  })
}
