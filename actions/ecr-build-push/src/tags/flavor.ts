import {alternatives} from '../../../shared/core/inputs.ts'
import {InputError} from '../../../shared/core/errors.ts'
import {fields} from '../lists.ts'

/** What holds for all tag rules. */
export interface Flavor {
  readonly latest: 'auto' | 'true' | 'false'
  readonly prefix: string
  readonly prefixLatest: boolean
  readonly suffix: string
  readonly suffixLatest: boolean
}

/**
 * Reads the `flavor` input: `latest=auto`, `prefix=...,onlatest=true`, `suffix=...`, one per line.
 * @throws {InputError} for an unknown name or value
 */
export function parseFlavor(lines: readonly string[]): Flavor {
  const flavor = {latest: 'auto' as Flavor['latest'], prefix: '', prefixLatest: false, suffix: '', suffixLatest: false}
  for (const line of lines) {
    let part: 'prefix' | 'suffix' | undefined
    for (const field of fields(line)) {
      const at = field.indexOf('=')
      const [name, value] = [field.slice(0, Math.max(0, at)).trim().toLowerCase(), field.slice(at + 1).trim()]
      if (name === 'latest') {
        flavor.latest = oneOf(line, name, value, ['auto', 'true', 'false'])
      } else if (name === 'prefix' || name === 'suffix') {
        flavor[name] = value
        part = name
      } else if (name === 'onlatest' && part !== undefined) {
        flavor[`${part}Latest`] = oneOf(line, name, value, ['true', 'false']) === 'true'
      } else {
        throw new InputError(
          `Input "flavor" has "${line}": use latest=auto, prefix=... or suffix=..., the last two with ",onlatest=true" if wanted.`,
        )
      }
    }
  }
  return flavor
}

function oneOf<const T extends string>(line: string, name: string, value: string, allowed: readonly T[]): T {
  const found = allowed.find((candidate) => candidate === value)
  if (found !== undefined) return found
  throw new InputError(`Input "flavor" has "${line}": ${name} is ${alternatives(allowed)}.`)
}
