import {RULES} from './invariants.ts'
import type {CellResult} from './model.ts'

/** Why cells are not in a matrix, by the title of it. */
export type Omissions = ReadonlyMap<string, readonly {readonly why: string; readonly cells: readonly string[]}[]>

/**
 * The page of the matrix, made from recorded results alone.
 * @param others sections of other runs, already written
 */
export function reliabilityPage(
  results: readonly CellResult[],
  others: readonly string[] = [],
  omissions: Omissions = new Map(),
): string {
  const groups = Map.groupBy(results, ({action, situation}) => `${action}: ${situation}`)
  return [
    '# Reliability',
    '<!-- Made by npm run test:faults from what it saw. Change the code or the faults, then run it. -->',
    INTRODUCTION,
    '## What is checked in every cell',
    Object.keys(RULES)
      .map((rule) => `- ${rule}`)
      .join('\n'),
    '## Counts',
    counts(groups),
    broken(results),
    ...limits(results),
    ...others,
    '## The matrix',
    LEGEND,
    ...[...groups].flatMap(([title, cells]) => [`### ${title}`, matrix(cells), ...leftOut(omissions.get(title) ?? [])]),
    '',
  ].join('\n\n')
}

const INTRODUCTION = `Each action is run as the runner runs it, from its bundle, while something goes wrong at each phase of it: the network between
it and the services, signals, the machine, the output of its tools. After the run comes its post step, as on a runner (not where
the runner itself is killed), and then the same run again without the fault.

\`npm run test:faults\` runs the matrix and writes this page; \`npm test\` and CI run a short form of it, and 20,000 cases of fuzzing.`

const LEGEND = `✓ green, and the target is as wanted. Otherwise: the \`failure-reason\` of a red run and where it left the target (as *before*, as *wanted*, or
*between*); *killed* where nothing could be reported any more. – met nothing: the run makes no call to a service in this phase, or never
came to it. **✗** a rule was broken; ⚠ one that cannot be kept here (see above). An empty cell: the fault is there from the start, or from a phase on; without any network from a
phase on is *network gone*; tools are called in some phases only.`

function counts(groups: ReadonlyMap<string, readonly CellResult[]>): string {
  const rows = [...groups].map(([title, cells]) => [title, ...countsOf(cells)])
  const total = ['**all**', ...countsOf([...groups.values()].flat())]
  return table(
    ['', 'cells', 'met', 'green', 'red, and true', 'the next run went through', 'rules broken'],
    [...rows, total],
  )
}

function countsOf(cells: readonly CellResult[]): string[] {
  const met = cells.filter((cell) => cell.met)
  const green = met.filter(({exit, broken: rules}) => exit === '0' && rules.length === 0)
  const red = met.filter(({exit, broken: rules}) => exit !== '0' && rules.length === 0)
  const again = cells.filter((cell) => cell.again.startsWith('0'))
  const bad = cells.filter(({broken: rules}) => rules.length > 0)
  return [cells, met, green, red, again, bad].map((list) => String(list.length))
}

function broken(results: readonly CellResult[]): string {
  const rows = results
    .filter((result) => result.broken.length > 0)
    .map((result) => [`${result.action} (${result.situation})`, result.phase, result.fault, result.broken.join('; ')])
  if (rows.length === 0) return 'No rule was broken in any cell.'
  return table(['action', 'phase', 'fault', 'broken'], rows)
}

function limits(results: readonly CellResult[]): string[] {
  const each = results.flatMap(({limits: whys = [], ...cell}) => whys.map((why) => ({...cell, why})))
  if (each.length === 0) return []
  const rows = [...Map.groupBy(each, ({why}) => why)].map(([why, cells]) => [why, placesOf(cells)])
  return [`What cannot be kept, and where:`, table(['why', 'where'], rows)]
}

// `terraform-apply (reviewed plan): reset, truncated body at lock; wrong JSON at unlock`
function placesOf(cells: readonly CellResult[]): string {
  return [...Map.groupBy(cells, ({action, situation}) => `${action} (${situation})`)]
    .map(([subject, ofSubject]) => {
      const phases = [...Map.groupBy(ofSubject, ({phase}) => phase)]
      const parts = phases.map(([phase, ofPhase]) => `${ofPhase.map(({fault}) => fault).join(', ')} at "${phase}"`)
      return `${subject}: ${parts.join('; ')}`
    })
    .join('<br>')
}

function matrix(cells: readonly CellResult[]): string {
  const START = 'from the start'
  const phases = [...new Set(cells.map(({phase}) => phase))].filter((phase) => phase !== START)
  const rows = [...Map.groupBy(cells, ({fault}) => fault)].map(([fault, ofFault]) => {
    const at = (phase: string): string => shown(ofFault.find((cell) => cell.phase === phase))
    return [fault, at(START), ...phases.map(at)]
  })
  return table(['fault', START, ...phases], rows)
}

function shown(cell: CellResult | undefined): string {
  if (cell === undefined) return ''
  if (cell.broken.length > 0) return '**✗**'
  if (!cell.met) return '–'
  const mark = cell.limits === undefined ? '' : ' ⚠'
  if (cell.exit === '0') return `✓${mark}`
  const what = cell.exit.startsWith('SIG') ? 'killed' : cell.reason || 'red'
  return `${what}, ${cell.standing}${mark}`
}

function leftOut(omissions: readonly {readonly why: string; readonly cells: readonly string[]}[]): string[] {
  if (omissions.length === 0) return []
  const reasons = omissions.map(({why, cells}) => `${String(cells.length)}, as ${why}`)
  return [`Cells left out: ${reasons.join('; ')}.`]
}

function table(columns: readonly string[], rows: readonly (readonly string[])[]): string {
  const escaped = rows.map((row) => row.map((text) => text.replaceAll('|', '\\|').replaceAll('\n', ' ')))
  return [columns, columns.map(() => '---'), ...escaped].map((row) => `| ${row.join(' | ')} |`).join('\n')
}
