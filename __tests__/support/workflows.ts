import {join} from 'node:path'
import {documentSamples, workflowSamples} from '../../scripts/lint-chain/samples.ts'
import type {Sample} from '../../scripts/lint-chain/samples.ts'

export {isWholeWorkflow} from '../../scripts/lint-chain/samples.ts'
export type {Sample} from '../../scripts/lint-chain/samples.ts'

const root = join(import.meta.dirname, '../..')

/** A step that uses an action. */
export interface UsedAction {
  readonly where: string
  readonly uses: string
  readonly inputs: readonly string[]
}

/** The workflows of this repository. */
export function workflows(): Sample[] {
  return workflowSamples(root)
}

/** Every fenced `yaml` block of every document, parsed. @throws when a block is not YAML */
export function documentedYaml(): Sample[] {
  return documentSamples(root)
}

/** Every step with `uses`, wherever it stands in the sample. */
export function usedActions({where, data}: Pick<Sample, 'where' | 'data'>): UsedAction[] {
  if (Array.isArray(data)) return data.flatMap((item: unknown) => usedActions({where, data: item}))
  if (typeof data !== 'object' || data === null) return []
  const {uses, with: inputs} = data as {uses?: unknown; with?: object}
  const own = typeof uses === 'string' ? [{where, uses, inputs: Object.keys(inputs ?? {})}] : []
  return [...own, ...Object.values(data).flatMap((value: unknown) => usedActions({where, data: value}))]
}

/**
 * The sample as a workflow that a linter takes: a part of one gets what it lacks around it, jobs that it needs included,
 * and this repository's actions and workflows are named by their places, so that their inputs and outputs are checked too. Undefined
 * for YAML that is no part of a workflow.
 */
export function asWorkflow({data, text, file}: Sample): string | undefined {
  if (typeof data !== 'object' || data === null) return undefined
  const action = shownInputsOf(file, data)
  if (action !== undefined) return framed(stepOf(action, text), ['example'])
  const local = text.replaceAll(/slipway\/slipway\/(actions\/[a-z-]+|\.github\/workflows\/[a-z-]+\.yml)@v\d+/g, './$1')
  if ('jobs' in data)
    return 'on' in data ? local : framed(local.replace(/^jobs:\n/m, ''), Object.keys(data.jobs as object))
  if (Array.isArray(data)) {
    if (!data.some(isStep)) return undefined
    const steps = local.replaceAll(/^(?=.)/gm, '    ')
    return framed(`  example:\n${needsOf(local)}    runs-on: ubuntu-latest\n    steps:\n${steps}`, ['example'])
  }
  if ('steps' in data) {
    const runsOn = 'runs-on' in data ? '' : '    runs-on: ubuntu-latest\n'
    return framed(`  example:\n${needsOf(local)}${runsOn}${local.replaceAll(/^(?=.)/gm, '    ')}`, ['example'])
  }
  if (!Object.values(data).every(isJob)) return undefined
  return framed(local.replaceAll(/^(?=.)/gm, '  '), Object.keys(data))
}

// The README of an action shows some inputs of it by themselves.
function shownInputsOf(file: string, data: object): string | undefined {
  const action = /^actions\/([a-z-]+)\/README\.md$/.exec(file)?.[1]
  return Object.keys(data).join() === 'with' ? action : undefined
}

function stepOf(action: string, inputs: string): string {
  const earlier = new Set([...inputs.matchAll(/\bsteps\.([\w-]+)\./g)].map(([, id = '']) => id))
  const stubs = [...earlier].map((id) => `      - id: ${id}\n        run: date\n`).join('')
  const step = `      - uses: ./actions/${action}\n${inputs.replaceAll(/^(?=.)/gm, '        ')}`
  return `  example:\n    runs-on: ubuntu-latest\n    steps:\n${stubs}${step}`
}

function needsOf(text: string): string {
  const needed = [...stubsFor(text, []).keys()].join(', ')
  return needed === '' || /^ *needs:/m.test(text) ? '' : `    needs: [${needed}]\n`
}

const has = (value: unknown, ...names: readonly string[]): boolean =>
  typeof value === 'object' && value !== null && names.some((name) => name in value)
const isStep = (value: unknown): boolean => has(value, 'uses', 'run')
const isJob = (value: unknown): boolean => has(value, 'uses', 'steps')

function framed(jobs: string, own: readonly string[]): string {
  const stubs = [...stubsFor(jobs, own)].map(([job, names]) => {
    const lines = [...names].map((name) => `      ${name}: stub\n`).join('')
    const outputs = lines === '' ? '' : `    outputs:\n${lines}`
    return `  ${job}:\n    runs-on: ubuntu-latest\n    permissions: {}\n${outputs}    steps:\n      - run: date\n`
  })
  const inputs = [...new Set([...jobs.matchAll(/\binputs\.([\w-]+)/g)].map(([, name = '']) => name))]
  const asked = inputs.map((name) => `      ${name}: {description: A value., type: string}\n`).join('')
  const on = asked === '' ? 'on: push\n' : `on:\n  workflow_dispatch:\n    inputs:\n${asked}`
  return `${on}permissions: {}\njobs:\n${stubs.join('')}${jobs}`
}

// The jobs that a part speaks of without showing them, with the outputs that it reads.
function stubsFor(text: string, own: readonly string[]): Map<string, Set<string>> {
  const named = [...text.matchAll(/^\s*needs: \[?([^\]\n]+)/gm)].flatMap(([, list = '']) => list.split(','))
  const read = [...text.matchAll(/needs\.([\w-]+)\.outputs\.([\w-]+)/g)]
  const jobs = [...named, ...read.map(([, job = '']) => job)]
    .map((job) => job.trim())
    .filter((job) => /^[\w-]+$/.test(job))
  const missing = [...new Set(jobs)].filter((job) => !own.includes(job))
  return new Map(
    missing.map((job) => [job, new Set(read.filter(([, name]) => name === job).map(([, , output = '']) => output))]),
  )
}
