import {execFileSync} from 'node:child_process'
import {existsSync, mkdirSync, readFileSync, writeFileSync} from 'node:fs'
import {cpus, release, totalmem, type} from 'node:os'
import {join} from 'node:path'
import {parseArgs} from 'node:util'
import {format, resolveConfig} from 'prettier'
import {labEnvironment} from '../lab/index.ts'
import {measureRow} from './core/harness.ts'
import type {RowResult} from './core/harness.ts'
import {PEERS_VARIABLE, peersIn} from './core/peers.ts'
import {markdown} from './core/report.ts'
import type {Machine, Results} from './core/report.ts'
import type {Row} from './core/row.ts'
import {ROWS} from './rows/index.ts'

const HELP = `npm run bench -- [--only ROW[,ROW]] [--runs N] [--short] [--out FOLDER]

Measures the bundles in dist/ beside the peers' published ones, of which ${PEERS_VARIABLE}
names a folder with one checkout each (owner__name). All rows: bench/RESULTS.md and results.json are
written; --only and --short print, and write where --out says, where they replace the rows they measured.

rows: ${ROWS.map(({name}) => name).join(', ')}`

/** What the command line asks for. */
interface Wish {
  readonly rows: readonly Row[]
  readonly runs: number
  readonly short: boolean
  /** Where the results go; undefined: they are printed alone. */
  readonly out: string | undefined
}

function readWish(argv: readonly string[]): Wish {
  const options = {
    only: {type: 'string'},
    runs: {type: 'string'},
    out: {type: 'string'},
    short: {type: 'boolean', default: false},
  } as const
  const {values} = parseArgs({args: [...argv], options})
  const {short} = values
  const runs = Number(values.runs ?? (short ? 3 : 5))
  if (!Number.isInteger(runs) || runs < 1)
    throw new Error(`--runs is "${String(values.runs)}": give a whole number from 1.`)
  const names = values.only?.split(',')
  const unknown = names?.find((name) => !ROWS.some((row) => row.name === name))
  if (unknown !== undefined)
    throw new Error(`There is no row "${unknown}": use ${ROWS.map(({name}) => name).join(', ')}.`)
  const whole = names === undefined && !short
  const rows = ROWS.filter((row) => (names === undefined ? !(short && row.long === true) : names.includes(row.name)))
  return {rows, runs, short, out: values.out ?? (whole ? import.meta.dirname : undefined)}
}

function machine(): Machine {
  return {
    cpu: cpus()[0]?.model.trim() ?? 'unknown CPU',
    cores: cpus().length,
    memoryGiB: totalmem() / 2 ** 30,
    system: `${type()} ${release()}`,
    node: process.versions.node,
  }
}

function commit(): string {
  return execFileSync('git', ['describe', '--always', '--dirty', '--exclude', '*'], {encoding: 'utf8'}).trim()
}

async function write(results: Results, out: string | undefined): Promise<void> {
  if (out === undefined) return
  mkdirSync(out, {recursive: true})
  // As the repository formats its files, wherever `out` is: the check of the format reads this one as well.
  const style = await resolveConfig(join(import.meta.dirname, 'results.json'))
  writeFileSync(join(out, 'results.json'), await format(JSON.stringify(results), {...style, parser: 'json'}))
  writeFileSync(join(out, 'RESULTS.md'), `${markdown(results)}\n`)
}

/** Rows that were measured before and are not measured now. */
function rowsIn(folder: string): readonly RowResult[] {
  const file = join(folder, 'results.json')
  return existsSync(file) ? (JSON.parse(readFileSync(file, 'utf8')) as Results).rows : []
}

function inOrder(results: readonly RowResult[]): RowResult[] {
  return ROWS.flatMap((row) => results.filter(({name}) => name === row.name))
}

async function main(argv: readonly string[]): Promise<number> {
  if (argv.includes('--help')) {
    console.log(HELP)
    return 0
  }
  const {rows, runs, short, out} = readWish(argv)
  const bench = {peers: peersIn(process.env[PEERS_VARIABLE]), short, lab: () => labEnvironment()}
  const kept = out === undefined ? [] : rowsIn(out).filter(({name}) => !rows.some((row) => row.name === name))
  const done: RowResult[] = []
  let results: Results = {short, machine: machine(), rows: done}
  for (const row of rows) {
    console.log(`▸ ${row.title}`)
    done.push({...(await measureRow(row, bench, runs, console.log)), commit: commit()})
    // After every row: what was measured stays measured, whatever becomes of the next.
    results = {...results, rows: inOrder([...done, ...kept])}
    await write(results, out)
  }
  console.log(`\n${markdown(results)}`)
  return done.some(({trouble}) => trouble.length > 0) ? 1 : 0
}

try {
  process.exitCode = await main(process.argv.slice(2))
} catch (error) {
  console.error((error as Error).message)
  process.exitCode = 2
}
