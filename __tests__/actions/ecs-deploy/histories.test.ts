import {readdirSync, readFileSync} from 'node:fs'
import {join} from 'node:path'
import {parse} from 'yaml'
import {deploy as run} from '../../support/ecs-actions.ts'
import type {History} from '../../support/scripted-ecs-state.ts'
import {runAgainst} from '../../support/ecs-run.ts'
import type {EcsRun} from '../../support/ecs-run.ts'

/** What a history file holds. */
interface Case {
  readonly inputs?: Readonly<Record<string, string>>
  readonly history: History
  readonly expect: {
    readonly status: string
    readonly reason?: string
    readonly cause?: string
    readonly advice?: string
    readonly undo?: string
    readonly log?: readonly string[]
    readonly notLog?: readonly string[]
    readonly warnings?: readonly string[]
    readonly updates?: number
    readonly registers?: number
    readonly stops?: number
    /** Deployments of CodeDeploy that were asked for. */
    readonly creates?: number
    /** All calls that reached AWS, from the first look to the last. */
    readonly calls: number
    readonly withinSeconds?: number
    readonly notBeforeSeconds?: number
  }
}

const folder = join(import.meta.dirname, '../../support/scripted-ecs-histories')
const cases = readdirSync(folder)
  .filter((name) => name.endsWith('.yml'))
  .map((name) => [name.replace('.yml', ''), parse(readFileSync(join(folder, name), 'utf8')) as Case] as const)

const NEW =
  '111122223333.dkr.ecr.eu-central-1.amazonaws.com/streaming-api@sha256:51ab000000000000000000000000000000000000000000000000000000000000'
const usual = {cluster: 'StreamingCluster', service: 'APIService', 'task-definition': 'service', image: NEW}

test('there are at least forty histories, each with its verdict and its number of calls', () => {
  expect(cases.length).toBeGreaterThanOrEqual(40)
  const half = cases.filter(
    ([, {expect: wanted}]) => typeof wanted.status !== 'string' || !Number.isInteger(wanted.calls),
  )
  expect(half.map(([name]) => name)).toEqual([])
})

/** Whether what was said matches what a history expects; nothing expected matches. */
function expectSaid(said: string | undefined, pattern: string | undefined): void {
  if (pattern !== undefined) expect(said).toMatch(new RegExp(pattern))
}

function expectTold({world, failure}: EcsRun, wanted: Case['expect']): void {
  expectSaid(failure?.diagnosis.cause, wanted.cause)
  expectSaid(failure?.diagnosis.advice, wanted.advice)
  expectSaid(failure?.diagnosis.undo, wanted.undo)
  for (const line of wanted.log ?? []) expectSaid(world.logged(), line)
  for (const line of wanted.notLog ?? []) expect(world.logged()).not.toMatch(new RegExp(line))
  for (const line of wanted.warnings ?? []) expectSaid(world.annotations.join('\n'), `warning: .*${line}`)
  // What was in the task definition as a value is nowhere to be read.
  expect(world.logged() + world.summary.text() + JSON.stringify(world.outputsSet)).not.toContain('postgres://secret')
}

function expectCalls({ecs, failure, seconds}: EcsRun, wanted: Case['expect']): void {
  expect(ecs.inputsOf('UpdateService')).toHaveLength(wanted.updates ?? (failure === undefined ? 1 : 2))
  expect(ecs.inputsOf('RegisterTaskDefinition')).toHaveLength(wanted.registers ?? 1)
  expect(ecs.inputsOf('StopServiceDeployment')).toHaveLength(wanted.stops ?? 0)
  if (wanted.creates !== undefined) expect(ecs.inputsOf('CreateDeployment')).toHaveLength(wanted.creates)
  expect(seconds).toBeLessThanOrEqual(wanted.withinSeconds ?? 60)
  expect(seconds).toBeGreaterThanOrEqual(wanted.notBeforeSeconds ?? 0)
  // Long waits: one call every two seconds, with a margin for what is asked once at the start and at the end.
  expect(ecs.calls.length).toBeLessThanOrEqual(32 + seconds / 2)
  // Counted, not bounded: a look more or less is a change of how AWS is asked, and is to be seen in review.
  expect(ecs.calls.length).toBe(wanted.calls)
}

describe.each(cases)('%s', (_name, {inputs = {}, history, expect: wanted}) => {
  test(`ends ${wanted.status}${wanted.reason === undefined ? '' : `: ${wanted.reason}`}`, async () => {
    const seen = await runAgainst(run, history, {...usual, ...inputs})
    if (seen.world.outputsSet['status'] !== wanted.status)
      throw new Error(`ended otherwise than expected:\n${seen.world.logged()}`)
    expect(seen.world.outputsSet['status']).toBe(wanted.status)
    expect(seen.world.outputsSet['failure-reason']).toBe(wanted.reason ?? '')
    expect(seen.failure === undefined).toBe(['succeeded', 'unchanged', 'planned'].includes(wanted.status))
    expectTold(seen, wanted)
    expectCalls(seen, wanted)
  }, 30_000)
})
