import {writeFileSync} from 'node:fs'
import {join} from 'node:path'
import {PEERS_VARIABLE, peersIn} from '../core/peers.ts'
import {ourAction} from '../core/step.ts'
import {actionEnding, programEnding} from './endings.ts'
import type {Ending} from './endings.ts'
import {OTHERS} from './other-tools.ts'
import type {Beside} from './other-tools.ts'
import {cell, PAGE, page} from './page.ts'
import type {RunRow} from './page.ts'
import {FAILURES} from './rows.ts'
import type {Failing} from './situations.ts'

// Runs each failure against our action and against the tools whose checkouts are at hand, on the same scripted ECS, and
// writes what both say into a page: `node bench/beside/failures.ts`. With words, only rows that have one of them are run,
// and nothing is written: `node bench/beside/failures.ts ecspresso`.

const ROOT = join(import.meta.dirname, '../..')
const PEER = 'aws-actions/amazon-ecs-deploy-task-definition'
const WORDS = process.argv.slice(2).map((word) => word.toLowerCase())
const peers = peersIn(process.env[PEERS_VARIABLE])

const isWanted = (row: string): boolean => WORDS.length === 0 || WORDS.some((word) => row.toLowerCase().includes(word))

async function ours({action, history, ours: inputs, ourExit = 1}: Omit<Failing, 'theirs'>): Promise<Ending> {
  return await actionEnding(ourAction(action), history, inputs, ourExit)
}

async function besideThePeer(): Promise<RunRow[]> {
  const peer = peers.find(PEER)
  const rows: RunRow[] = []
  for (const failing of FAILURES.filter(({title}) => isWanted(`${PEER} ${title}`))) {
    const theirs = typeof peer === 'string' ? peer : cell(await actionEnding(peer, failing.history, failing.theirs, 1))
    rows.push(shown({title: failing.title, theirs, ours: cell(await ours(failing))}))
  }
  return rows
}

async function saidBy({tool, failing: {history}, start}: Beside): Promise<string> {
  if ('argv' in start) {
    const program = peers.program(tool)
    if (typeof program === 'string') return program
    return cell(await programEnding(history, [program.path, ...start.argv], start.files ?? {}, start.lines ?? 1))
  }
  const peer = peers.find(tool)
  if (typeof peer === 'string') return peer
  const {exits = 1, annotations} = start
  return cell(await actionEnding(peer, history, start.inputs, exits, annotations))
}

async function besideOthers(): Promise<RunRow[]> {
  const wanted = OTHERS.filter(({tool, failing}) => isWanted(`${tool} ${failing.title}`))
  // Programs wait by the clock on the wall, side by side; what runs on the fast clock wants the machine for itself.
  const waiting = new Map(wanted.filter(({start}) => 'argv' in start).map((one) => [one, saidBy(one)]))
  const rows: RunRow[] = []
  await Promise.all(waiting.values())
  for (const one of wanted) {
    const {tool, failing} = one
    const said = await (waiting.get(one) ?? saidBy(one))
    const theirs = one.since === undefined ? said : `${said}<br>${one.since}`
    rows.push(shown({tool, title: failing.title, theirs, ours: cell(await ours(failing))}))
  }
  return rows
}

function shown(row: RunRow): RunRow {
  console.log(`${row.tool ?? PEER}: ${row.title}\n  theirs: ${row.theirs}\n  ours:   ${row.ours}`)
  return row
}

async function main(): Promise<void> {
  const rows = await besideThePeer()
  const others = await besideOthers()
  const peer = peers.find(PEER)
  const missing = [...rows, ...others].filter((row) => row.theirs.startsWith('not '))
  // Half a page would say less than the one that is there.
  if (WORDS.length > 0 || typeof peer === 'string' || missing.length > 0) return
  const names = [...new Set(OTHERS.map(({tool}) => tool))].map((tool) => peers.title(tool))
  writeFileSync(join(ROOT, PAGE), page(peer.title, rows, names, others))
  console.log(`${PAGE} is written.`)
}

await main()
