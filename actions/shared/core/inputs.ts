import {InputError} from './errors.ts'

/** The environment of a step, where the runner puts inputs as `INPUT_<NAME>`. */
export type Environment = Readonly<Record<string, string | undefined>>

/** Whole numbers that an input may take; both ends are allowed values. */
export interface IntegerRange {
  readonly min: number
  readonly max: number
}

/**
 * Reads the inputs of an action from its environment. Nothing is coerced in silence: a value that is not exactly one
 * of the allowed ones throws an {@link InputError} that names the input, the value and what is allowed.
 *
 * The runner does not enforce `required: true` of action.yml, and it passes an input that was not set as empty text
 * (https://docs.github.com/actions/reference/metadata-syntax-for-github-actions#inputs): empty means "not given" here.
 */
export class Inputs {
  readonly #env: Environment

  constructor(env: Environment) {
    this.#env = env
  }

  /** The trimmed value, or undefined when it was not given. */
  optional(name: string): string | undefined {
    const value = this.#env[`INPUT_${name.replaceAll(' ', '_').toUpperCase()}`]?.trim()
    return value === undefined || value === '' ? undefined : value
  }

  /** The trimmed value. @throws {InputError} when it was not given */
  required(name: string): string {
    const value = this.optional(name)
    if (value === undefined) throw new InputError(`Input "${name}" is required: add "${name}:" under "with:".`)
    return value
  }

  /** `true` or `false`, in any case; `fallback` when not given. @throws {InputError} for anything else */
  boolean(name: string, fallback: boolean): boolean {
    const value = this.optional(name)
    if (value === undefined) return fallback
    const parsed = ['false', 'true'].indexOf(value.toLowerCase())
    if (parsed < 0) throw notAllowed(name, value, ['true', 'false'])
    return parsed === 1
  }

  /** A whole number in `range`. @throws {InputError} for text, fractions and numbers outside the range */
  integer(name: string, fallback: number, range: IntegerRange): number {
    return this.optionalInteger(name, range) ?? fallback
  }

  /** A whole number in `range`, or undefined when not given. @throws {InputError} as {@link integer} does */
  optionalInteger(name: string, range: IntegerRange): number | undefined {
    const value = this.optional(name)
    if (value === undefined) return undefined
    const number = Number(value)
    if (!/^-?\d+$/.test(value) || number < range.min || number > range.max) {
      const [min, max] = [String(range.min), String(range.max)]
      throw new InputError(`Input "${name}" is "${value}": give a whole number from ${min} to ${max}.`)
    }
    return number
  }

  /** One of `allowed`; `fallback` when not given. @throws {InputError} that lists the allowed values */
  oneOf<const T extends string>(name: string, allowed: readonly T[], fallback: NoInfer<T>): T {
    return this.optionalOneOf(name, allowed) ?? fallback
  }

  /** One of `allowed`, or undefined when not given. @throws {InputError} that lists the allowed values */
  optionalOneOf<const T extends string>(name: string, allowed: readonly T[]): T | undefined {
    const value = this.optional(name)
    if (value === undefined) return undefined
    const found = allowed.find((candidate) => candidate === value)
    if (found === undefined) throw notAllowed(name, value, allowed)
    return found
  }

  /** The non-blank lines, each trimmed. Empty when not given. */
  lines(name: string): string[] {
    const value = this.optional(name) ?? ''
    return value
      .split(/\r?\n/)
      .map((line) => line.trim())
      .filter((line) => line !== '')
  }

  /** Values separated by commas or line breaks, each trimmed, blanks dropped. */
  list(name: string): string[] {
    return this.lines(name)
      .flatMap((line) => line.split(','))
      .map((item) => item.trim())
      .filter((item) => item !== '')
  }

  /**
   * `NAME=value` lines, in order. The value may be empty and may hold `=`; lines that start with `#` are comments.
   * @throws {InputError} for a line without `=`, without a name, or a name given twice (the value is not shown:
   * it may be a secret)
   */
  keyValues(name: string): Map<string, string> {
    const pairs = new Map<string, string>()
    const lines = (this.optional(name) ?? '').split(/\r?\n/).map((line) => line.trim())
    for (const [index, line] of lines.entries()) {
      if (line === '' || line.startsWith('#')) continue
      const at = line.indexOf('=')
      const key = line.slice(0, Math.max(at, 0)).trim()
      if (key === '') throw noAssignment(name, index + 1)
      if (pairs.has(key)) throw new InputError(`Input "${name}" gives "${key}" twice: keep one of the two lines.`)
      pairs.set(key, line.slice(at + 1).trim())
    }
    return pairs
  }

  /** The value parsed as JSON, or undefined when not given. @throws {InputError} with the parser's reason */
  json(name: string): unknown {
    const value = this.optional(name)
    if (value === undefined) return undefined
    try {
      return JSON.parse(value) as unknown
    } catch (error) {
      // The parser quotes the text around the mistake, which may be a secret.
      const reason = (error as SyntaxError).message.replace(/, "[\s\S]*$/, '')
      throw new InputError(`Input "${name}" is not valid JSON: ${reason}.`)
    }
  }
}

/** What to say of a line that is not `NAME=value`: which one it is, and not its text, which may be a secret. */
export function noAssignment(input: string, line: number): InputError {
  return new InputError(`Input "${input}", line ${String(line)}, is not NAME=value: add the missing "=".`)
}

function notAllowed(name: string, value: string, allowed: readonly string[]): InputError {
  return new InputError(`Input "${name}" is "${value}": use ${alternatives(allowed)}.`)
}

/** `a`, `a or b`, `a, b or c`: how sentences list what is allowed. */
export function alternatives(words: readonly string[]): string {
  if (words.length < 2) return words.join('')
  return `${words.slice(0, -1).join(', ')} or ${words.at(-1) ?? ''}`
}
