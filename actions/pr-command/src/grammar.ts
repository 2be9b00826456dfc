/** What a pull-request comment may ask for. */
export const COMMANDS = ['plan', 'apply', 'unlock', 'deploy'] as const

/** One of {@link COMMANDS}. */
export type CommandName = (typeof COMMANDS)[number]

/** How a command is written, for people. */
export const USAGE: Readonly<Record<CommandName, string>> = {
  plan: '/plan [environment]',
  apply: '/apply [environment]',
  unlock: '/unlock <lock-id> [environment]',
  deploy: '/deploy <environment>',
}

/** A command as it was written. */
export interface Command {
  readonly name: CommandName
  /** One of the known environments. */
  readonly environment: string
  /** The commit that the person named, 7 to 40 hexadecimal digits. */
  readonly commit: string | undefined
  readonly lockId: string | undefined
}

/** What a comment turned out to be: no command of ours, one that is not understood, or a command. */
export type Reading =
  | {readonly kind: 'none'}
  | {readonly kind: 'unclear'; readonly problem: string}
  | ({readonly kind: 'command'} & Command)

/** What may be said. */
export interface Vocabulary {
  readonly commands: readonly CommandName[]
  /** The first one is meant where none is named. */
  readonly environments: readonly string[]
}

/**
 * Reads a comment. Only its first line counts, and only from its first character: a command that somebody quotes, or
 * mentions in a sentence, is none. The words of another bot (`/lgtm`) are left alone.
 */
export function readCommand(body: string, vocabulary: Vocabulary): Reading {
  const [first = ''] = body.split(/\r?\n/)
  const [, word = '', rest = ''] = /^\/([A-Za-z]{1,20})(?:[ \t]+(.*))?$/.exec(first.trimEnd()) ?? []
  const name = vocabulary.commands.find((command) => command === word.toLowerCase())
  if (name === undefined) return {kind: 'none'}
  const words = rest.split(/[ \t]+/).filter((each) => each !== '')
  return readWords(name, words, vocabulary)
}

const LOCK_ID = /^[0-9a-f]{8}(?:-[0-9a-f]{4}){3}-[0-9a-f]{12}$/
const COMMIT = /^[0-9a-f]{7,40}$/

function readWords(name: CommandName, words: readonly string[], {environments}: Vocabulary): Reading {
  const kindOf = (word: string): 'environment' | 'commit' | 'lock' | 'other' => {
    if (environments.includes(word)) return 'environment'
    if (name === 'unlock' && LOCK_ID.test(word)) return 'lock'
    return COMMIT.test(word) ? 'commit' : 'other'
  }
  const named = (kind: ReturnType<typeof kindOf>): string[] => words.filter((word) => kindOf(word) === kind)
  const [other] = named('other')
  const known = environments.join(', ')
  if (other !== undefined) {
    return unclear(name, `it has "${shortened(other)}", which is no environment (there are: ${known})`)
  }
  const repeated = (['environment', 'commit', 'lock'] as const).find((kind) => named(kind).length > 1)
  if (repeated !== undefined) {
    return unclear(name, `it names ${repeated === 'environment' ? 'an environment' : `a ${repeated}`} twice`)
  }
  const [environment = environments.length === 1 || name !== 'deploy' ? environments[0] : undefined] =
    named('environment')
  if (environment === undefined) return unclear(name, `it has to name an environment (there are: ${known})`)
  const [lockId] = named('lock')
  if (name === 'unlock' && lockId === undefined) {
    return unclear(name, 'it has to name the lock, whose id the failed run shows')
  }
  return {kind: 'command', name, environment, commit: named('commit')[0], lockId}
}

function unclear(name: CommandName, problem: string): Reading {
  return {kind: 'unclear', problem: `"/${name}" was not understood: ${problem}. Write "${USAGE[name]}"`}
}

const shortened = (word: string): string => (word.length > 40 ? `${word.slice(0, 40)}…` : word)
