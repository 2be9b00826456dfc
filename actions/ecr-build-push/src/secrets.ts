import {existsSync} from 'node:fs'
import {resolve} from 'node:path'
import {InputError} from '../../shared/core/errors.ts'
import {workspace} from '../../shared/core/files.ts'
import type {Environment} from '../../shared/core/inputs.ts'

/** A secret that the build mounts; it never becomes part of the image. */
export type BuildSecret =
  | {readonly id: string; readonly value: string}
  | {readonly id: string; readonly path: string}
  | {readonly id: string; readonly variable: string}

/**
 * Reads the three forms of build secrets. A secret that would be empty is an error here: docker/build-push-action
 * leaves it out with a warning, and the build then fails, or succeeds wrongly, far from the cause.
 * @throws {InputError} that names the entry by its place, never by its content
 */
export function readSecrets(
  env: Environment,
  byValue: readonly string[],
  byFile: readonly string[],
  byVariable: readonly string[],
): BuildSecret[] {
  const secrets = [
    ...byValue.map((entry, at) => valueSecret(entry, at)),
    ...byFile.map((entry, at) => fileSecret(env, entry, at)),
    ...byVariable.map((entry, at) => variableSecret(env, entry, at)),
  ]
  const ids = secrets.map(({id}) => id)
  const twice = ids.find((id, at) => ids.indexOf(id) !== at)
  if (twice !== undefined) throw new InputError(`The secret "${twice}" is given twice: keep one of the two.`)
  return secrets
}

function valueSecret(entry: string, at: number): BuildSecret {
  const [id, value] = split('secrets', entry, at)
  return {id, value}
}

function fileSecret(env: Environment, entry: string, at: number): BuildSecret {
  const [id, path] = split('secret-files', entry, at)
  if (!existsSync(resolve(workspace(env), path))) {
    throw new InputError(
      `Input "secret-files" names the file "${path}" for "${id}", but there is no such file: correct the path.`,
    )
  }
  return {id, path: resolve(workspace(env), path)}
}

function variableSecret(env: Environment, entry: string, at: number): BuildSecret {
  const [id, variable] = split('secret-envs', entry, at)
  if ((env[variable] ?? '') === '') {
    throw new InputError(
      `Input "secret-envs" names the variable "${variable}" for "${id}", but it is not set: set it under "env:".`,
    )
  }
  return {id, variable}
}

function split(input: string, entry: string, at: number): [string, string] {
  const equals = entry.indexOf('=')
  const [id, value] = [entry.slice(0, Math.max(0, equals)).trim(), entry.slice(equals + 1)]
  const place = `Input "${input}", entry ${String(at + 1)}`
  if (!/^[A-Za-z0-9_.-]+$/.test(id)) {
    throw new InputError(
      `${place}, is not ID=value: a value of several lines needs double quotes around the whole entry.`,
    )
  }
  if (value.trim() === '') {
    throw new InputError(`${place}: the secret "${id}" is empty: is it defined, and may this job read it?`)
  }
  return [id, value]
}
