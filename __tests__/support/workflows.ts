import {existsSync, readdirSync, readFileSync} from 'node:fs'
import {join, relative} from 'node:path'
import {parseDocument} from 'yaml'

const root = join(import.meta.dirname, '../..')

/** YAML that a user may copy: a workflow of ours, or a block of a document. */
export interface Sample {
  /** `.github/workflows/deploy.yml` or `README.md:42`. */
  readonly where: string
  readonly text: string
  readonly data: unknown
}

/** A step that uses an action. */
export interface UsedAction {
  readonly where: string
  readonly uses: string
  readonly inputs: readonly string[]
}

/** The workflows of this repository. */
export function workflows(): Sample[] {
  const folder = join(root, '.github/workflows')
  return readdirSync(folder).map((name) =>
    sample(`.github/workflows/${name}`, readFileSync(join(folder, name), 'utf8')),
  )
}

/** Every fenced `yaml` block of every document, parsed. @throws when a block is not YAML */
export function documentedYaml(): Sample[] {
  return documents().flatMap((file) => {
    const text = readFileSync(join(root, file), 'utf8')
    return [...text.matchAll(/^```ya?ml\n([\s\S]*?)^```/gm)].map((block) =>
      sample(`${file}:${String(text.slice(0, block.index).split('\n').length)}`, block[1] ?? ''),
    )
  })
}

function documents(): string[] {
  const folders = ['docs', ...readdirSync(join(root, 'actions')).map((name) => join('actions', name))]
  const below = folders
    .filter((folder) => existsSync(join(root, folder)))
    .flatMap((folder) =>
      readdirSync(join(root, folder), {recursive: true, encoding: 'utf8'}).map((name) => join(folder, name)),
    )
  return ['README.md', ...below.filter((name) => name.endsWith('.md') && !name.includes('node_modules'))]
}

function sample(where: string, text: string): Sample {
  const document = parseDocument(text)
  const [error] = document.errors
  if (error !== undefined) throw new Error(`${relative(root, where)}: ${error.message}`)
  return {where, text, data: document.toJS()}
}

/** Every step with `uses`, wherever it stands in the sample. */
export function usedActions({where, data}: Sample): UsedAction[] {
  if (Array.isArray(data)) return data.flatMap((item: unknown) => usedActions({where, text: '', data: item}))
  if (typeof data !== 'object' || data === null) return []
  const {uses, with: inputs} = data as {uses?: unknown; with?: object}
  const own = typeof uses === 'string' ? [{where, uses, inputs: Object.keys(inputs ?? {})}] : []
  return [...own, ...Object.values(data).flatMap((value: unknown) => usedActions({where, text: '', data: value}))]
}
