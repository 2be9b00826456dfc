import {parseArgs} from 'node:util'
import {cellsOf} from './core/cells.ts'
import {nameOf} from './core/model.ts'
import type {Cell, CellResult} from './core/model.ts'
import {pool} from './core/pool.ts'
import {keyOf, readResults, record} from './core/results.ts'
import {runCell} from './core/run-cell.ts'
import {Watcher} from './core/watcher.ts'
import {writePage} from './core/write-page.ts'
import {SUBJECTS} from './subjects/index.ts'

const HELP = `npm run test:faults -- [--only PATTERN] [--red] [--missing] [--lanes N] [--log] [--page]

Runs the actions' bundles under faults and writes docs/reliability.md. --only runs the cells whose names match
(ecs-deploy \\(good\\) · update · reset) and puts them in the place of the recorded ones; --red those whose record
has a broken rule, --missing those without a record, both together either; --log shows what the runs log; --page writes
the page from what is recorded.`

const options = {
  only: {type: 'string', default: ''},
  red: {type: 'boolean', default: false},
  missing: {type: 'boolean', default: false},
  lanes: {type: 'string', default: '10'},
  log: {type: 'boolean', default: false},
  page: {type: 'boolean', default: false},
  help: {type: 'boolean', default: false},
} as const

/** Runs cells, telling of each as it ends. */
async function runAll(
  cells: readonly Cell[],
  lanes: number,
  log: boolean,
  keep: (result: CellResult) => void,
): Promise<CellResult[]> {
  const watcher = new Watcher()
  const results = await pool(cells, lanes, async (cell) => {
    const result = await runCell(cell, watcher, log ? console.log : undefined)
    tell(cell, result)
    keep(result)
    return result
  })
  watcher.stop()
  return results
}

function tell(cell: Cell, {broken, exit, status, reason, met, standing, again, seconds, said}: CellResult): void {
  const ended = [`exit ${exit}`, status, reason, ...(met ? [] : ['(the fault was not met)'])].filter(Boolean).join(' ')
  console.log(
    `${broken.length === 0 ? '✓' : '✗'} ${nameOf(cell)}: ${ended} → ${standing}, then ${again}, ${String(seconds)} s`,
  )
  for (const rule of broken) console.log(`    ${rule}`)
  if (broken.length > 0 && said !== '') console.log(`    said: ${said}`)
}

// Of a cell that was never run, nothing is known: it is no green one.
function isWanted(cell: Cell, {red, missing}: {red: boolean; missing: boolean}): boolean {
  if (!red && !missing) return true
  const recorded = readResults().find((result) => keyOf(result) === nameOf(cell))
  return recorded === undefined ? missing : red && recorded.broken.length > 0
}

async function main(): Promise<void> {
  const {values} = parseArgs({options})
  if (values.help) {
    console.log(HELP)
    return
  }
  if (values.page) {
    await writePage()
    return
  }
  const all = SUBJECTS.flatMap(cellsOf)
  const started = Date.now()
  const known = new Set(all.map(nameOf))
  const chosen = all.filter((cell) => new RegExp(values.only).test(nameOf(cell)) && isWanted(cell, values))
  // Recorded one by one: a run that is ended early has not been for nothing.
  const fresh = await runAll(chosen, Number(values.lanes), values.log, (result) => {
    record([result], known)
  })
  await writePage()
  const broken = fresh.filter((result) => result.broken.length > 0)
  const minutes = ((Date.now() - started) / 60_000).toFixed(1)
  console.log(`\n${String(fresh.length)} cells, ${String(broken.length)} with a broken rule, ${minutes} min`)
  if (broken.length > 0) process.exitCode = 1
}

await main()
