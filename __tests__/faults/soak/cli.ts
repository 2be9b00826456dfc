import {createHash} from 'node:crypto'
import {parseArgs} from 'node:util'
import {writePage} from '../core/write-page.ts'
import {endProcessesOf} from '../core/watcher.ts'
import {openCorner} from './corner.ts'
import type {Corner} from './corner.ts'
import {runStage} from './deliver.ts'
import type {Ended} from './deliver.ts'
import {chooseFault} from './fault.ts'
import type {Usual} from './fault.ts'
import {measuresOf} from './measures.ts'
import type {Asked} from './measures.ts'
import {recordSoak} from './page.ts'
import {dice} from './random.ts'
import type {Dice} from './random.ts'
import {isSound, soak} from './soak.ts'
import type {Delivered, Soaked} from './soak.ts'
import {emptyRunnerTemp, stagesOf} from './stages.ts'
import type {Parcel, Stage, StageName} from './stages.ts'

const HELP = `npm run test:soak -- [--deliveries N] [--seed S] [--whole]

Delivers N times in a row in the lab, which has to be up, with a fault chosen by chance in each delivery, and looks for
what grows. What is known is recorded after each delivery; docs/reliability.md is written at the end, also when SIGINT or
SIGTERM asks for an early one. --whole has every stage in each one.`

const options = {
  deliveries: {type: 'string', default: '10'},
  seed: {type: 'string'},
  whole: {type: 'boolean', default: false},
  help: {type: 'boolean', default: false},
} as const

interface Wish {
  readonly deliveries: number
  readonly seed: number
  readonly whole: boolean
}

async function run({deliveries, seed, whole}: Wish, end: AbortSignal): Promise<Soaked> {
  const id = `soak-${String(process.pid)}`
  const corner = await openCorner()
  try {
    const asked: Asked = {images: 0, builds: 0, plans: 0, revisions: 0}
    const runner = new Deliveries(corner, {id, seed, whole, asked})
    const measures = measuresOf(corner, id, asked, () => runner.peakMiB)
    const keep = (soaked: Soaked, delivered: Delivered): void => {
      recordSoak({seed, planned: deliveries, whole, ...soaked})
      tell(soaked, delivered)
    }
    return await soak(deliveries, (number) => runner.deliver(number), measures, keep, end)
  } finally {
    endProcessesOf(id)
    await corner.close()
  }
}

interface Setting {
  readonly id: string
  readonly seed: number
  readonly whole: boolean
  readonly asked: Asked
}

/** One delivery after the other, by the same dice. */
class Deliveries {
  /** MiB of the bundle that took most in the last delivery. */
  peakMiB = 0
  readonly #corner: Corner
  readonly #setting: Setting
  readonly #random: Dice
  readonly #stages: ReturnType<typeof stagesOf>
  readonly #usual = new Map<string, Usual>()
  #parcel: Parcel = parcelOf(0, '')

  constructor(corner: Corner, setting: Setting) {
    this.#corner = corner
    this.#setting = setting
    this.#random = dice(setting.seed)
    this.#stages = stagesOf(corner, () => this.#parcel)
  }

  async deliver(number: number): Promise<Delivered> {
    const {id, seed} = this.#setting
    const commit = createHash('sha1')
      .update(`${id} ${String(seed)} ${String(number)}`)
      .digest('hex')
    this.#parcel = parcelOf(number, commit)
    emptyRunnerTemp(this.#corner)
    const stages = this.#choose()
    const struck = this.#random.pick(stages)
    const fault = chooseFault(this.#random, struck, this.#usual.get(struck.name) ?? UNKNOWN)
    const started = Date.now()
    const ended: Ended[] = []
    for (const stage of stages) {
      const end = await runStage(stage, id, stage === struck ? fault : undefined)
      ended.push(end)
      if (end.wrong.length > 0) break
    }
    this.#note(ended)
    return {
      fault: `${struck.name}: ${fault.name}`,
      end: endOf(
        ended.find(({stage}) => stage === struck.name),
        fault.met(),
      ),
      seconds: Math.round((Date.now() - started) / 100) / 10,
      wrong: ended.flatMap(({wrong}) => wrong),
    }
  }

  #choose(): Stage[] {
    const target = this.#random.pick(['ecs', 'kubernetes'] as const)
    const [infrastructure, migration] = [this.#random.upTo(4) === 0, this.#random.upTo(4) === 0]
    const chosen: Readonly<Record<StageName, boolean>> = {
      build: true,
      plan: infrastructure,
      apply: infrastructure,
      migrate: migration,
      ecs: target === 'ecs',
      kubernetes: target === 'kubernetes',
      report: true,
    }
    const all = Object.entries(this.#stages) as [StageName, Stage][]
    return all.filter(([name]) => this.#setting.whole || chosen[name]).map(([, stage]) => stage)
  }

  #note(ended: readonly Ended[]): void {
    this.peakMiB = Math.max(...ended.map(({peakMiB}) => peakMiB))
    const runs = (name: string): number => {
      const end = ended.find(({stage}) => stage === name)
      return end === undefined ? 0 : end.again === undefined ? 1 : 2
    }
    const {asked} = this.#setting
    asked.images += 1
    asked.builds += runs('build')
    // A second apply has a plan of its own.
    asked.plans += runs('plan') + Math.max(runs('apply') - 1, 0)
    // Whoever goes back has made a revision, and the run after it makes its own.
    asked.revisions += runs('ecs') + runs('migrate')
    for (const {stage, took} of ended) if (took !== undefined) this.#usual.set(stage, took)
  }
}

// Before the first good run of a stage.
const UNKNOWN: Usual = {ms: 1500, requests: 3}

const parcelOf = (number: number, commit: string): Parcel => ({number, commit, digest: '', planId: '', receipts: []})

function endOf(ended: Ended | undefined, met: boolean): string {
  if (ended === undefined) return 'not reached'
  if (!met) return `${ended.stage}: ended before the fault`
  const {stage, exit, status, again} = ended
  return `${stage}: ${exit === '0' ? status : `${exit} ${status}`.trim()}${again === undefined ? '' : `, then ${again}`}`
}

function tell({deliveries, trends}: Soaked, {fault, end, seconds, wrong}: Delivered): void {
  const counts = trends.map(({last}) => String(last)).join(' ')
  console.log(
    `${wrong.length === 0 ? '✓' : '✗'} ${String(deliveries)}. ${fault} → ${end}, ${String(seconds)} s [${counts}]`,
  )
  for (const sentence of wrong) console.log(`    ${sentence}`)
  for (const {name, grows, slope} of trends) if (grows) console.log(`    grows: ${name}, ${String(slope)} each`)
}

async function main(): Promise<void> {
  const {values} = parseArgs({options})
  if (values.help) {
    console.log(HELP)
    return
  }
  const wish = {
    deliveries: Number(values.deliveries),
    seed: Number(values.seed ?? Date.now() % 2 ** 31),
    whole: values.whole,
  }
  if (!Number.isInteger(wish.deliveries) || wish.deliveries < 1) {
    throw new Error(`--deliveries is "${values.deliveries}": give a whole number from 1.`)
  }
  const end = new AbortController()
  for (const signal of ['SIGINT', 'SIGTERM'] as const) {
    process.once(signal, () => {
      console.log('Ending after the delivery that is under way.')
      end.abort()
    })
  }
  const soaked = await run(wish, end.signal)
  await writePage()
  console.log(isSound(soaked) ? 'Nothing grows.' : 'Something is not as it should be.')
  if (!isSound(soaked)) process.exitCode = 1
}

await main()
