import {chmodSync, mkdirSync, mkdtempSync, readFileSync, rmSync, statSync, writeFileSync} from 'node:fs'
import {tmpdir} from 'node:os'
import {delimiter, join} from 'node:path'
import {besides, besidesProgram} from '../core/other.ts'
import type {Bench, Case, Measure, Opened, Other, Row, Sample} from '../core/row.ts'
import type {Goal} from '../core/statistics.ts'
import {costs, ourAction, runStep, runTool} from '../core/step.ts'
import type {Step} from '../core/step.ts'
import {writeBigPlan} from '../../__tests__/support/big-plan.ts'
import {planText} from '../loopback/big-plan.ts'
import {GROWTH, SMALL_PLAN} from './reasons.ts'

const COMMENT = 'comment.md'
const PEER = 'borchero/terraform-plan-comment'
const PLAIN: readonly Measure[] = [
  {name: 'wall', unit: 's'},
  {name: 'cpu', unit: 's'},
  {name: 'peak', unit: 'MiB'},
]
const TFCMT_DOES =
  'tfcmt is a Go program around `terraform plan`: it reads the text that terraform prints, counts the resources named in it and renders a comment (written to a file here, which needs no GitHub). It reads no JSON, checks no change against a rule, and seals and stores no plan, so it is a measure of the least that must be done and not a goal.'
const SIZES = [10, 1000, 10_000, 50_000] as const

/** A terraform that has planned already: a real one would need ten thousand real objects, and its time is not ours. */
function terraform(folder: string, json: string, text: string): string {
  const bin = join(folder, 'bin')
  mkdirSync(bin, {recursive: true})
  const script = `#!/bin/sh
case "$1" in
  version) echo '{"terraform_version": "1.11.4"}' ;;
  plan) for arg; do case "$arg" in -out=*) echo binary > "\${arg#-out=}" ;; esac; done; cat '${text}'; exit 2 ;;
  show) case "$*" in *-json*) exec cat '${json}' ;; *) exec cat '${text}' ;; esac ;;
esac
`
  writeFileSync(join(bin, 'terraform'), script)
  chmodSync(join(bin, 'terraform'), 0o755)
  return bin
}

async function size(bench: Bench, room: string, count: number): Promise<Case[]> {
  const folder = join(room, String(count))
  mkdirSync(folder)
  const [json, text] = [join(folder, 'plan.json'), join(folder, 'plan.txt')]
  await writeBigPlan(count, json)
  writeFileSync(text, planText(count))
  const common = {
    exits: 0,
    limit: 400,
    path: [terraform(folder, json, text)],
    files: {'infra/main.tf': 'terraform {}\n'},
  }
  const inputs = {
    'working-directory': 'infra',
    'plan-store': 'plans',
    'plan-key': 'a-key-of-the-benchmarks',
    comment: 'never',
  }
  const at = count.toLocaleString('en')
  const ours = async (): Promise<Sample> =>
    costs(
      await runStep(ourAction('terraform-plan'), {
        ...common,
        inputs,
        says: new RegExp(`to-add[^]*?${String(adds(count))}`),
      }),
    )
  const beside = {name: `${at} resources, beside tfcmt`, measures: PLAIN, ours, other: tfcmt(bench, common, count)}
  const bytes = `${at} resources are ${(statSync(json).size / 1e6).toFixed(1)} MB of JSON.`
  if (count > 1000) {
    const note = `${bytes} ${PEER} is not run: its time grows with the square of the resources; tfcmt is what stands beside.`
    return [{...beside, name: `${at} resources`, measures: measures(count), note, ...(count > 10_000 && {runs: 3})}]
  }
  return [
    {name: `${at} resources`, measures: measures(count), note: bytes, ours, other: peer(bench, common)},
    {...beside, note: TFCMT_DOES},
  ]
}

/** `tfcmt plan -- terraform plan`, which writes its comment into a file instead of posting it. */
function tfcmt(bench: Bench, {path: [bin = ''] = []}: Step, count: number): Other {
  return besidesProgram(bench, 'suzuki-shunsuke/tfcmt', (program) => async () => {
    const target = ['--owner', 'acme', '--repo', 'streaming', '--pr', '7', '--output', COMMENT]
    const plan = [
      'plan',
      '--disable-label',
      '--',
      'terraform',
      'plan',
      '-input=false',
      '-detailed-exitcode',
      '-out=plan',
    ]
    const cwd = mkdtempSync(join(tmpdir(), 'slipway-bench-tfcmt-'))
    const env = {PATH: [bin, process.env['PATH'] ?? ''].join(delimiter), HOME: cwd}
    try {
      const cost = await runTool([program, ...target, ...plan], {exits: 2, cwd, env, limit: 400})
      const comment = readFileSync(join(cwd, COMMENT), 'utf8')
      if (!comment.includes(`Plan: ${String(adds(count))} to add`))
        throw new Error(`tfcmt says: ${comment.slice(0, 500)}`)
      return costs(cost)
    } finally {
      rmSync(cwd, {recursive: true, force: true})
    }
  })
}

function peer(bench: Bench, common: Step): Other {
  const inputs = {planfile: 'plan', 'working-directory': 'infra', 'skip-comment': 'true', token: 'ghs_x'}
  return besides(
    bench,
    PEER,
    (found) => async () => costs(await runStep(found, {...common, inputs, says: /num-resources-created/})),
  )
}

const adds = (count: number): number => Math.round((count * 2) / 5)

function measures(count: number): Measure[] {
  const ratio: Goal = {kind: 'ratio', max: 0.6}
  if (count === 10_000) {
    return [
      {name: 'wall', unit: 's', goal: {kind: 'at-most', max: 3}},
      {name: 'cpu', unit: 's'},
      {name: 'peak', unit: 'MiB', goal: {kind: 'at-most', max: 572}},
    ]
  }
  // Five times the resources: linear is 500 %, and a tenth is left for what a run differs from the next.
  const linear: Goal = {kind: 'growth', from: '10,000 resources', max: 550}
  if (count > 10_000)
    return [
      {name: 'wall', unit: 's', goal: linear, shortfall: GROWTH},
      {name: 'cpu', unit: 's', goal: linear, shortfall: GROWTH},
      {name: 'peak', unit: 'MiB'},
    ]
  const small = count < 1000 && {shortfall: SMALL_PLAN}
  return [
    {name: 'wall', unit: 's', goal: ratio, ...small},
    {name: 'cpu', unit: 's', goal: ratio, ...small},
    {name: 'peak', unit: 'MiB', goal: ratio, ...small},
  ]
}

/** From the JSON of a plan to the summary that a person reads. */
export const planRender: Row = {
  name: 'plan-render',
  title: 'Plan render',
  how: 'The whole step with a terraform that has planned already and prints a plan of so many AWS-like resources (about 10 kB of JSON each): ours also seals and stores the plan.',
  needsLab: false,
  open: async (bench): Promise<Opened> => {
    const room = mkdtempSync(join(tmpdir(), 'slipway-bench-plans-'))
    const cases: Case[] = []
    for (const count of SIZES) if (!bench.short || count <= 1000) cases.push(...(await size(bench, room, count)))
    return {
      cases,
      close: () => {
        rmSync(room, {recursive: true, force: true})
        return Promise.resolve()
      },
    }
  },
}
