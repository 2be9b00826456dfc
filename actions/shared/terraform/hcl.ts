import {InputError} from '../core/errors.ts'

const EXPRESSION = /^(?:["[{]|<<-?\w|-?\d+(?:\.\d+)?$|(?:true|false|null)$)/
const ASSIGNMENT = /^([A-Za-z_][\w-]*)\s*=\s*(.*)$/

/** A file for the tool: its text, and the ending that tells the tool how to read it. */
export interface ValuesFile {
  readonly text: string
  readonly extension: '.tfvars' | '.tfvars.json'
}

/**
 * The `variables` input as a file. It is a JSON object, or tfvars: `name = value` lines. A value that is no HCL expression
 * is taken as text, so that `image_tag=v1.4.0` means what it says; everything else is the user's own HCL, as it stands.
 * @throws {InputError} for JSON that is not an object
 */
export function variablesFile(input: string): ValuesFile {
  if (!input.trimStart().startsWith('{')) return {text: quotedValues(input), extension: '.tfvars'}
  try {
    JSON.parse(input)
  } catch (error) {
    // The parser's message may quote the value, which may be a secret.
    const at = /position (\d+)/.exec((error as SyntaxError).message)?.[1]
    const where = at === undefined ? '' : ` (at character ${at})`
    throw new InputError(`Input "variables" starts like JSON and is not valid JSON${where}: correct it, or use HCL.`)
  }
  return {text: input, extension: '.tfvars.json'}
}

function quotedValues(input: string): string {
  let depth = 0
  let heredoc: string | undefined
  const lines = input.split(/\r?\n/).map((line) => {
    if (heredoc !== undefined) {
      if (line.trim() === heredoc) heredoc = undefined
      return line
    }
    const quoted = depth === 0 ? quotedLine(line) : line
    heredoc = /<<-?(\w+)\s*$/.exec(quoted)?.[1]
    depth += nesting(quoted)
    return quoted
  })
  return `${lines.join('\n')}\n`
}

function quotedLine(line: string): string {
  const [, name, value] = ASSIGNMENT.exec(line.trim()) ?? []
  if (name === undefined || value === undefined || EXPRESSION.test(value)) return line
  return `${name} = ${hclString(value)}`
}

function nesting(line: string): number {
  const bare = line.replace(/"(?:\\.|[^"\\])*"/g, '').replace(/(?:#|\/\/).*$/, '')
  return (bare.match(/[[{(]/g)?.length ?? 0) - (bare.match(/[\]})]/g)?.length ?? 0)
}

/** Text as an HCL string: quotes, line breaks and template marks have no meaning in it. */
export function hclString(text: string): string {
  return JSON.stringify(text).replace(/[$%](?=\{)/g, (mark) => mark + mark)
}

/**
 * The `backend-config` input as a file: `KEY=value` as on the command line, where lists and objects are HCL and the rest
 * is text (the backend turns text into numbers and booleans by itself). In a file, because a value may be a secret and
 * command lines are public.
 */
export function backendConfigText(pairs: ReadonlyMap<string, string>): string {
  const line = ([key, value]: [string, string]): string =>
    `${key} = ${/^["[{]/.test(value) ? value : hclString(value)}\n`
  return [...pairs].map(line).join('')
}
