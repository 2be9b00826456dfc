import {alternatives, Inputs} from '../../shared/core/inputs.ts'
import type {Environment} from '../../shared/core/inputs.ts'
import {InputError} from '../../shared/core/errors.ts'
import {readNeeds} from '../../shared/report/needs.ts'
import type {Needs} from '../../shared/report/needs.ts'
import type {Required} from './checks.ts'
import {COMMANDS} from './grammar.ts'
import type {CommandName, Vocabulary} from './grammar.ts'

/** What a person may need on the repository, from the least to the most. */
export const PERMISSIONS = ['write', 'maintain', 'admin'] as const

/** What a command has to satisfy. */
export interface Rules {
  readonly permission: (typeof PERMISSIONS)[number]
  /** Commands that need an approving review of the head commit. */
  readonly approvalFor: readonly CommandName[]
  /** Commands that need a branch with everything its base has. */
  readonly upToDateFor: readonly CommandName[]
  /** Commands that need green checks of the head commit. */
  readonly checksFor: readonly CommandName[]
  readonly requiredChecks: Required
}

/** What the action was asked for. */
export interface CommandInputs {
  readonly mode: 'decide' | 'answer'
  readonly vocabulary: Vocabulary
  readonly rules: Rules
  /** The `comment-key` of the preview that `/apply` is about. */
  readonly planCommentKey: string
  readonly needs: Needs
  readonly token: string
}

/** The inputs, read and checked. @throws {InputError} before GitHub is asked for anything */
export function readInputs(env: Environment): CommandInputs {
  const inputs = new Inputs(env)
  const environments = inputs.list('environments')
  const odd = environments.find((name) => /\s/.test(name))
  if (odd !== undefined) {
    throw new InputError(`Input "environments" has "${odd}": a name with a space cannot be a word of a command.`)
  }
  return {
    mode: inputs.oneOf('mode', ['decide', 'answer'], 'decide'),
    vocabulary: {
      commands: commands(inputs, 'commands', COMMANDS),
      environments: environments.length === 0 ? ['production'] : environments,
    },
    rules: {
      permission: inputs.oneOf('permission', PERMISSIONS, 'write'),
      approvalFor: commands(inputs, 'approval-for', ['apply', 'deploy']),
      upToDateFor: commands(inputs, 'up-to-date-for', ['apply', 'deploy']),
      checksFor: commands(inputs, 'checks-for', ['apply', 'deploy']),
      requiredChecks: requiredChecks(inputs.lines('required-checks')),
    },
    planCommentKey: inputs.optional('plan-comment-key') ?? 'preview',
    needs: readNeeds(inputs.json('needs')),
    token: inputs.required('github-token'),
  }
}

// One a line: a check's name may have a comma, as that of a matrix has.
function requiredChecks(names: readonly string[]): Required {
  return names.length === 0 || (names.length === 1 && names[0] === 'all') ? 'all' : names
}

function commands(inputs: Inputs, name: string, fallback: readonly CommandName[]): readonly CommandName[] {
  const words = inputs.list(name)
  if (words.length === 0) return fallback
  if (words.length === 1 && words[0] === 'none') return []
  return words.map((word) => {
    const command = COMMANDS.find((each) => each === word.replace(/^\//, ''))
    if (command !== undefined) return command
    throw new InputError(`Input "${name}" has "${word}": use ${alternatives([...COMMANDS])}, or none.`)
  })
}
