import {existsSync, readFileSync} from 'node:fs'
import {join} from 'node:path'
import {parse} from 'yaml'
import {lintChain} from '../../scripts/lint-chain.ts'
import {documentedYaml, usedActions, workflows} from '../support/workflows.ts'

const root = join(import.meta.dirname, '../..')

interface Job {
  readonly 'timeout-minutes'?: number
  readonly permissions?: object
  readonly uses?: string
}
interface Workflow {
  readonly permissions?: object
  readonly jobs: Readonly<Record<string, Job>>
}

describe.each(workflows().map((workflow) => [workflow.where, workflow] as const))('%s', (_where, workflow) => {
  const {permissions, jobs} = workflow.data as Workflow

  test('asks for no permission at the top, and each job for its own', () => {
    expect(permissions).toEqual({})
    for (const [name, job] of Object.entries(jobs)) expect([name, typeof job.permissions]).toEqual([name, 'object'])
  })
  test('says of each permission what it is for', () => {
    const bare = workflow.text.split('\n').filter((line) => /^ {6}[a-z-]+: (read|write)\s*$/.test(line))
    expect(bare).toEqual([])
  })
  test('ends every job in time', () => {
    for (const [name, job] of Object.entries(jobs))
      if (job.uses === undefined) expect([name, job['timeout-minutes']]).toEqual([name, expect.any(Number)])
  })
  test('pins every foreign action to a commit, with its version beside it', () => {
    const lines = workflow.text.split('\n').filter((line) => /\buses: (?!\.\/|slipway\/slipway\/)/.test(line))
    expect(lines.filter((line) => !/@[0-9a-f]{40} # v\d+\.\d+\.\d+$/.test(line))).toEqual([])
  })
  test('puts no foreign text into a shell', () => {
    const scripts = workflow.text.match(/run: [\s\S]*?(?=\n\s*- |\n {2}\S|$)/g) ?? []
    expect(
      scripts.filter((script) => /\$\{\{\s*(github\.event|github\.head_ref|inputs|needs|steps)/.test(script)),
    ).toEqual([])
  })
})

test('no workflow and no example makes a mistake of chains', () => {
  const samples = [...workflows(), ...documentedYaml()]
  expect(samples.length).toBeGreaterThan(10)
  expect(
    lintChain(samples).map(({file, line, rule, message}) => `${file}:${String(line)} ${rule}: ${message}`),
  ).toEqual([])
})

test('every input that a workflow or a document gives to one of our actions exists', () => {
  const unknown: string[] = []
  for (const sample of [...workflows(), ...documentedYaml()]) {
    for (const {where, uses, inputs} of usedActions(sample)) {
      const name = /(?:^\.\/|slipway\/)actions\/([a-z-]+)(?:@|$)/.exec(uses)?.[1]
      if (name === undefined) continue
      const file = join(root, 'actions', name, 'action.yml')
      if (!existsSync(file)) {
        unknown.push(`${where}: there is no action ${name}`)
        continue
      }
      const declared = (parse(readFileSync(file, 'utf8')) as {inputs?: object}).inputs ?? {}
      unknown.push(
        ...inputs.filter((input) => !(input in declared)).map((input) => `${where}: ${name} has no input ${input}`),
      )
    }
  }
  expect(unknown).toEqual([])
})
