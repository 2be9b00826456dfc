import {readFileSync} from 'node:fs'
import {join} from 'node:path'
import {parse} from 'yaml'

/** What of an action.yml the runner needs to start a step. */
export interface ActionFile {
  /** Path of the bundle. */
  readonly main: string
  /** Defaults that the runner fills in; expressions are the token of the benchmarks. */
  readonly defaults: Readonly<Record<string, string>>
}

interface Parsed {
  readonly inputs?: Readonly<Record<string, {readonly default?: string | number | boolean} | null>>
  readonly runs: {readonly main: string}
}

/** The only expressions that actions put into defaults are `github.token` and the address of the server. */
const TOKEN = 'ghs_token_of_the_benchmarks'

/** Reads `action.yml` of a folder. */
export function readAction(folder: string): ActionFile {
  const {inputs = {}, runs} = parse(readFileSync(join(folder, 'action.yml'), 'utf8')) as Parsed
  const defaults: Record<string, string> = {}
  for (const [name, input] of Object.entries(inputs)) {
    if (input?.default !== undefined) defaults[name] = evaluated(String(input.default))
  }
  return {main: join(folder, runs.main), defaults}
}

function evaluated(value: string): string {
  if (/\$\{\{\s*github\.server_url\s*\}\}/.test(value)) return 'https://github.com'
  return value.replace(/\$\{\{.*?\}\}/g, TOKEN)
}
