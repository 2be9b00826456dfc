import {readdir, readFile, writeFile} from 'node:fs/promises'
import {dirname, join, relative} from 'node:path'
import {between, cell, table} from './docs.ts'

const root = join(import.meta.dirname, '..')
const LIBRARY = join(root, 'terraform')

/** A variable or an output of a module, as its file declares it. */
export interface Declaration {
  readonly kind: 'variable' | 'output'
  readonly name: string
  /** The arguments of the block as HCL, on one line each: `type`, `default`, `description`... */
  readonly arguments: Readonly<Record<string, string>>
}

/**
 * The variables and outputs in a file, in its order. It reads files as `terraform fmt` leaves them (arguments of a block
 * are two spaces in, a block ends with a brace at the margin), which a test sees to.
 */
export function declarationsIn(file: string): Declaration[] {
  return [...file.matchAll(/^(variable|output) "([^"]+)" \{\n([\s\S]*?)^\}$/gm)].map(
    ([, kind = '', name = '', body = '']) => {
      return {kind: kind === 'output' ? 'output' : 'variable', name, arguments: argumentsIn(body.split('\n'))}
    },
  )
}

function argumentsIn(lines: readonly string[]): Record<string, string> {
  const found: Record<string, string> = {}
  for (let at = 0; at < lines.length; at += 1) {
    const [, name, first = ''] = /^ {2}(\w+)\s*= (.*)$/.exec(lines[at] ?? '') ?? []
    if (name === undefined) continue
    const end = endOf(lines, at, first)
    found[name] = first.startsWith('<<')
      ? heredoc(lines.slice(at + 1, end))
      : onOneLine(lines.slice(at, end + 1), first)
    at = end
  }
  return found
}

// A value of several lines ends with the first line that is as far in as the one it began with.
function endOf(lines: readonly string[], from: number, first: string): number {
  const mark = /^<<-?(\w+)$/.exec(first)?.[1]
  const ends = (line: string): boolean => (mark === undefined ? /^ {2}[\])}]/.test(line) : line.trim() === mark)
  if (mark === undefined && !/[[({]$/.test(first)) return from
  const end = lines.findIndex((line, at) => at > from && ends(line))
  return end < 0 ? from : end
}

function heredoc(lines: readonly string[]): string {
  return JSON.stringify(lines.map((line) => line.trim()).join(' '))
}

function onOneLine(lines: readonly string[], first: string): string {
  return [first, ...lines.slice(1).map((line) => line.trim())]
    .reduce((text, line) => {
      if (/[[({]$/.test(text) || /^[\])}]/.test(line)) return `${text} ${line}`
      return `${text.replace(/,$/, '')}, ${line}`
    })
    .replace(/ {2,}=/g, ' =')
}

/** The tables of a module's variables and outputs, as Markdown. */
export function moduleTables(declarations: readonly Declaration[]): {
  readonly inputs: string
  readonly outputs: string
} {
  const of = (kind: string): Declaration[] => declarations.filter((each) => each.kind === kind)
  return {
    inputs: table(
      ['variable', 'what it is', 'type', 'default'],
      of('variable').map(({name, arguments: {description, type = 'any', default: preset}}) => [
        `\`${name}\``,
        prose(description),
        `\`${cell(type)}\``,
        preset === undefined ? '**required**' : `\`${cell(preset)}\``,
      ]),
    ),
    outputs: table(
      ['output', 'what it is'],
      of('output').map(({name, arguments: {description}}) => [`\`${name}\``, prose(description)]),
    ),
  }
}

function prose(description = '""'): string {
  return cell(JSON.parse(description) as string).replaceAll('<', '&lt;')
}

/** Every README of the library that has a place for the tables, from the top of the repository. */
export async function moduleReadmes(): Promise<string[]> {
  const files = await readdir(LIBRARY, {recursive: true})
  return files
    .filter((file) => /(?:^|[\\/])README\.md$/.test(file) && !file.includes('.terraform'))
    .map((file) => relative(root, join(LIBRARY, file)))
    .sort()
}

/** A README with its tables made anew from the module's `variables.tf` and `outputs.tf`. */
export async function freshReadme(readme: string): Promise<string> {
  const folder = dirname(join(root, readme))
  const files = await Promise.all(
    ['variables.tf', 'outputs.tf'].map((file) => readFile(join(folder, file), 'utf8').catch(() => '')),
  )
  const {inputs, outputs} = moduleTables(files.flatMap(declarationsIn))
  return between(between(await readFile(join(root, readme), 'utf8'), 'inputs', inputs), 'outputs', outputs)
}

/** Brings every README of the library up to date, or (with `--check`) names those that are not; gives the exit code. */
async function main(check: boolean): Promise<number> {
  const stale: string[] = []
  for (const readme of await moduleReadmes()) {
    const fresh = await freshReadme(readme)
    if (fresh === (await readFile(join(root, readme), 'utf8'))) continue
    stale.push(readme)
    if (!check) await writeFile(join(root, readme), fresh)
  }
  if (check && stale.length > 0) console.error(`Out of date: ${stale.join(', ')}. Run "npm run docs".`)
  else console.log(stale.length > 0 ? `Updated: ${stale.join(', ')}.` : 'Every module is documented as it is.')
  return check && stale.length > 0 ? 1 : 0
}

if (import.meta.main) process.exitCode = await main(process.argv.includes('--check'))
