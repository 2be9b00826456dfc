import {parseArgsStringToArgv} from 'string-argv'
import {InputError} from '../core/errors.ts'
import type {Inputs} from '../core/inputs.ts'

/**
 * A command as its words: a JSON list as it is, anything else split as a shell does it, quotes and all
 * (https://github.com/aws-actions/amazon-ecs-render-task-definition/issues/296). Undefined when not given.
 * @throws {InputError} when the text starts like a JSON list and is none of texts
 */
export function words(inputs: Inputs, name: string): readonly string[] | undefined {
  const text = inputs.optional(name)
  if (text === undefined) return undefined
  if (!text.startsWith('[')) return parseArgsStringToArgv(text)
  const list = inputs.json(name)
  if (Array.isArray(list) && list.every((word) => typeof word === 'string')) return list
  throw new InputError(`Input "${name}" must be a JSON list of texts, like ["node", "server.js"].`)
}
