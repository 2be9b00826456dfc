import {readFile, writeFile} from 'node:fs/promises'
import {join} from 'node:path'
import {parse} from 'yaml'
import {actionNames} from './build.ts'

const root = join(import.meta.dirname, '..')

/** An input or output as action.yml declares it. */
interface Declared {
  readonly description?: string
  readonly required?: boolean
  readonly default?: string
}

/** The parts of an action.yml that its README shows. */
interface ActionFile {
  readonly inputs?: Readonly<Record<string, Declared>>
  readonly outputs?: Readonly<Record<string, Declared>>
}

/**
 * `readme` with the tables between its `inputs` and `outputs` markers made anew from the action.yml.
 * @throws {Error} when the README has no such markers
 */
export function withTables(readme: string, action: ActionFile): string {
  const inputs = Object.entries(action.inputs ?? {}).map(([name, input]) => [
    `\`${name}\`${input.required === true ? ' **required**' : ''}`,
    cell(input.description),
    input.default === undefined || input.default === '' ? '' : `\`${cell(input.default)}\``,
  ])
  const outputs = Object.entries(action.outputs ?? {}).map(([name, output]) => [
    `\`${name}\``,
    cell(output.description),
  ])
  return between(
    between(readme, 'inputs', table(['input', 'what it does', 'default'], inputs)),
    'outputs',
    table(['output', 'what it holds'], outputs),
  )
}

/** `text` with what is between the two markers of that name replaced. @throws {Error} when they are not there */
export function between(text: string, name: string, content: string): string {
  const [start, end] = [`<!-- ${name}:start -->`, `<!-- ${name}:end -->`]
  const [from, to] = [text.indexOf(start), text.indexOf(end)]
  if (from < 0 || to < from) throw new Error(`The README has no "${start}" … "${end}" to put the table between.`)
  return `${text.slice(0, from + start.length)}\n${content}\n${text.slice(to)}`
}

/** A table of Markdown. */
export function table(columns: readonly string[], rows: readonly (readonly string[])[]): string {
  const line = (cells: readonly string[]): string => `| ${cells.join(' | ')} |`
  return [line(columns), line(columns.map(() => '---')), ...rows.map(line)].join('\n')
}

/** Text that fits into a cell of a table. */
export function cell(text = ''): string {
  return text
    .trim()
    .replace(/\s*\n\s*/g, ' ')
    .replaceAll('|', '\\|')
}

/** Brings every README up to date, or (with `--check`) names those that are not; gives the exit code. */
async function main(check: boolean): Promise<number> {
  const stale: string[] = []
  for (const name of await actionNames()) {
    const readme = join(root, 'actions', name, 'README.md')
    const old = await readFile(readme, 'utf8')
    const action = parse(await readFile(join(root, 'actions', name, 'action.yml'), 'utf8')) as ActionFile
    const fresh = withTables(old, action)
    if (fresh === old) continue
    stale.push(name)
    if (!check) await writeFile(readme, fresh)
  }
  if (check && stale.length > 0) console.error(`READMEs out of date: ${stale.join(', ')}. Run "npm run docs".`)
  else console.log(stale.length > 0 ? `Updated: ${stale.join(', ')}.` : 'Every README is up to date.')
  return check && stale.length > 0 ? 1 : 0
}

if (import.meta.main) process.exitCode = await main(process.argv.includes('--check'))
