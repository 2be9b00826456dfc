import {existsSync, readdirSync, readFileSync} from 'node:fs'
import {join} from 'node:path'
import {isMap, LineCounter, parseDocument} from 'yaml'
import type {Document} from 'yaml'

/** YAML that a user may copy: a workflow, or a fenced block of a document. */
export interface Sample {
  /** `.github/workflows/deploy.yml` or `README.md:42`. */
  readonly where: string
  readonly file: string
  /** The line of the file that stands before the sample's first one. */
  readonly offset: number
  readonly text: string
  readonly data: unknown
  readonly document: Document.Parsed
  readonly lines: LineCounter
}

/** The workflows of a repository, in the order of their names. */
export function workflowSamples(root: string): Sample[] {
  const folder = '.github/workflows'
  if (!existsSync(join(root, folder))) return []
  const names = readdirSync(join(root, folder)).filter((name) => /\.ya?ml$/.test(name))
  return names.sort().flatMap((name) => samplesOf(root, `${folder}/${name}`))
}

/** Every fenced `yaml` block of the README, the docs and the actions' READMEs. */
export function documentSamples(root: string): Sample[] {
  return documents(root).flatMap((file) => samplesOf(root, file))
}

/**
 * The samples of one file: the file itself, or the blocks of a Markdown file.
 * @throws {Error} when one is not YAML
 */
export function samplesOf(root: string, file: string): Sample[] {
  const text = readFileSync(join(root, file), 'utf8')
  if (!file.endsWith('.md')) return [makeSample(file, 0, text, file)]
  return [...text.matchAll(/^([ \t]*)```ya?ml\n([\s\S]*?)^\1```/gm)].flatMap((block) => {
    const line = text.slice(0, block.index).split('\n').length
    const indent = block[1] ?? ''
    const yaml = withoutBefore((block[2] ?? '').replaceAll(new RegExp(`^${indent}`, 'gm'), ''))
    return yaml.trim() === '' ? [] : [makeSample(file, line, yaml, `${file}:${String(line)}`)]
  })
}

// A guide for people who come from another tool shows what they have as `# before`, mistakes included; what they get
// stands below `# after`. Lines keep their numbers.
function withoutBefore(yaml: string): string {
  if (!yaml.startsWith('# before')) return yaml
  const after = /^# after/m.exec(yaml)?.index ?? yaml.length
  return '\n'.repeat(yaml.slice(0, after).split('\n').length - 1) + yaml.slice(after)
}

/** @throws {Error} when the text is not YAML */
export function makeSample(file: string, offset: number, text: string, where = file): Sample {
  const lines = new LineCounter()
  const document = parseDocument(text, {lineCounter: lines})
  const [error] = document.errors
  if (error !== undefined) throw new Error(`${where}: ${error.message}`)
  return {where, file, offset, text, data: document.toJS(), document, lines}
}

/** Whether the sample is a workflow by itself, and not only a part of one. */
export function isWholeWorkflow(sample: Sample): boolean {
  const {contents} = sample.document
  return isMap(contents) && contents.has('on') && contents.has('jobs')
}

function documents(root: string): string[] {
  const below = (folder: string): string[] =>
    existsSync(join(root, folder))
      ? readdirSync(join(root, folder), {recursive: true, encoding: 'utf8'}).map((name) => join(folder, name))
      : []
  const found = [...below('docs'), ...below('actions')].filter(
    (name) => name.endsWith('.md') && !name.includes('node_modules'),
  )
  return ['README.md', ...found.sort()].filter((name) => existsSync(join(root, name)))
}
