import {existsSync, readdirSync, readFileSync} from 'node:fs'
import {dirname, join, resolve} from 'node:path'
import {parse} from 'yaml'
import {withTables} from '../../scripts/docs.ts'

const root = join(import.meta.dirname, '../..')

interface Declared {
  readonly description?: string
  readonly required?: boolean
  readonly default?: string
}
interface ActionFile {
  readonly name?: string
  readonly description?: string
  readonly branding?: {readonly icon?: string; readonly color?: string}
  readonly runs: Readonly<Record<string, string>>
  readonly inputs?: Readonly<Record<string, Declared>>
  readonly outputs?: Readonly<Record<string, Declared>>
}

const names = readdirSync(join(root, 'actions')).filter((name) => existsSync(join(root, 'actions', name, 'action.yml')))
const text = (...path: string[]): string => readFileSync(join(root, ...path), 'utf8')
const actionFile = (name: string): ActionFile => parse(text('actions', name, 'action.yml')) as ActionFile

function sources(folder: string): string[] {
  return readdirSync(join(root, folder), {recursive: true, encoding: 'utf8'})
    .filter((path) => path.endsWith('.ts'))
    .map((path) => text(folder, path))
}

/** The packages that a module loads at once, itself or by modules of ours; types and what `import()` loads are none. */
function packagesBehind(file: string, seen = new Set<string>()): Set<string> {
  seen.add(file)
  const imported = readFileSync(file, 'utf8').matchAll(/^(?:import|export) (?!type )(?:[^'"]*? from )?'([^']+)'/gm)
  return new Set(
    [...imported].flatMap(([, from = '']) => {
      if (!from.startsWith('.')) return [from]
      const next = resolve(dirname(file), from)
      return seen.has(next) ? [] : [...packagesBehind(next, seen)]
    }),
  )
}

/** The names that code reads by the methods of `Inputs`, as literals. */
function inputsRead(name: string): Set<string> {
  const readers =
    'optional|required|boolean|integer|optionalInteger|oneOf|optionalOneOf|lines|list|keyValues|json|multiline|raw'
  const calls = new RegExp(`\\.(?:${readers})(?:<[^(]*>)?\\(\\s*'([a-z][a-z0-9-]*)'`, 'g')
  const own = sources(`actions/${name}/src`)
  // Two actions of one subject may share a reader: `shared/<subject>/inputs.ts`.
  const shared = own.flatMap((source) =>
    [...source.matchAll(/'\.\.\/\.\.\/(shared\/(?!core\/)[a-z-]+\/inputs\.ts)'/g)].map((match) =>
      text('actions', match[1]!),
    ),
  )
  return new Set([...own, ...shared].flatMap((source) => [...source.matchAll(calls)].map((match) => match[1]!)))
}

test('all nine actions are here', () => {
  expect(names).toEqual([
    'delivery-report',
    'ecr-build-push',
    'ecs-deploy',
    'ecs-run-task',
    'kubectl-rollout',
    'pr-command',
    'terraform-apply',
    'terraform-plan',
    'terraform-roots',
  ])
})

describe.each(names)('%s', (name) => {
  const action = actionFile(name)

  test('declares Node 24 and bundles that exist', () => {
    expect(action.runs['using']).toBe('node24')
    expect(action.runs['main']).toBe(`../../dist/${name}/index.js`)
    for (const entry of ['main', 'post', 'pre']) {
      const path = action.runs[entry]
      if (path !== undefined) expect([path, existsSync(join(root, 'actions', name, path))]).toEqual([path, true])
    }
    expect(existsSync(join(root, 'dist', name, 'licenses.txt'))).toBe(true)
  })

  test('has a name, a description and branding, and describes each input and output', () => {
    expect(action.name).toMatch(/\S/)
    expect(action.description).toMatch(/\S/)
    expect(action.branding?.icon).toMatch(/\S/)
    for (const declared of Object.values({...action.inputs, ...action.outputs}))
      expect(declared.description).toMatch(/\S/)
  })

  test('names are kebab-case', () => {
    const declared = [...Object.keys(action.inputs ?? {}), ...Object.keys(action.outputs ?? {})]
    expect(declared.filter((key) => !/^[a-z][a-z0-9]*(-[a-z0-9]+)*$/.test(key))).toEqual([])
  })

  test('every input that the code reads is declared, and every declared input is read', () => {
    const read = inputsRead(name)
    const declared = new Set(Object.keys(action.inputs ?? {}))
    expect([...read].filter((key) => !declared.has(key))).toEqual([])
    // Some are read through helpers of the action: the name has to stand in its code, or in what it shares.
    const code = [...sources(`actions/${name}/src`), ...sources('actions/shared')].join('\n')
    expect([...declared].filter((key) => !code.includes(`'${key}'`))).toEqual([])
  })

  test('every declared output is set somewhere, by name', () => {
    const all = [...sources(`actions/${name}/src`), ...sources('actions/shared')].join('\n')
    const missing = Object.keys(action.outputs ?? {}).filter(
      (key) => !all.includes(`'${key}'`) && !new RegExp(`\\b${key}:`).test(all),
    )
    expect(missing).toEqual([])
  })

  test('a default that is true or false is text, and required inputs have none', () => {
    for (const [key, input] of Object.entries(action.inputs ?? {})) {
      expect([key, typeof (input.default ?? '')]).toEqual([key, 'string'])
      if (input.required === true) expect([key, input.default]).toEqual([key, undefined])
    }
  })

  test('the README is current and shows how to use it', () => {
    const readme = text('actions', name, 'README.md')
    expect(withTables(readme, action)).toBe(readme)
    expect(readme).toMatch(/```ya?ml/)
    expect(readme).toContain(`actions/${name}@v1`)
  })

  test('index.ts reads the inputs, starts run() and does nothing else', () => {
    const lines = text('actions', name, 'src', 'index.ts')
      .split('\n')
      .filter((line) => line.trim() !== '' && !line.startsWith('import '))
    expect(lines).toEqual(["await runAction(readInputs, () => import('./main.ts'))"])
  })

  // A mistake in a workflow is said in a third of the time that it takes to load them all.
  test('its inputs are read before a client of AWS, GitHub or HTTPS is loaded, or what starts tools', () => {
    const loaded = packagesBehind(join(root, 'actions', name, 'src', 'index.ts'))
    expect(loaded).toContain('node:fs/promises')
    const late = /^(?:@aws-sdk|@smithy|@actions\/(?:github|exec|io)|@octokit|undici|node:(?:https?|child_process)$)/
    expect([...loaded].filter((one) => late.test(one))).toEqual([])
  })
})

test('an input that two actions share has one description and one default', () => {
  // `mode` and the waits differ in what they offer; their names are the vocabulary, their texts are each action's own.
  const own = new Set([
    'mode',
    'target',
    'images',
    'secrets',
    'command',
    'comment-key',
    'timeout',
    'cluster',
    'on-failure',
    'on-cancel',
    'context',
    'stable-for',
  ])
  const seen = new Map<string, {action: string; input: Declared}>()
  const different: string[] = []
  for (const name of names) {
    for (const [key, input] of Object.entries(actionFile(name).inputs ?? {})) {
      const first = seen.get(key)
      if (first === undefined) seen.set(key, {action: name, input})
      else if (!own.has(key) && (first.input.default ?? '') !== (input.default ?? ''))
        different.push(`${key}: ${first.action} / ${name}`)
    }
  }
  expect(different).toEqual([])
})

test('file names are kebab-case, in every room', () => {
  const rooms = ['actions', 'lab', 'scripts', '__tests__'].filter((room) => existsSync(join(root, room)))
  const odd = rooms.flatMap((room) =>
    readdirSync(join(root, room), {recursive: true, encoding: 'utf8'})
      .filter((path) => path.endsWith('.ts') && !path.includes('node_modules'))
      .filter((path) => !/^[a-z0-9-]+(\.(test|d))?\.ts$/.test(path.split('/').at(-1)!)),
  )
  expect(odd).toEqual([])
})
