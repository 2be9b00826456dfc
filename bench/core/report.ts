import type {Line, RowResult} from './harness.ts'
import type {Unit} from './row.ts'
import type {Goal, Stats} from './statistics.ts'

/** All that the benchmarks came to; `results.json` is this. A row may have been measured anew after the others. */
export interface Results {
  readonly short: boolean
  readonly machine: Machine
  readonly rows: readonly RowResult[]
}

/** Where it was measured. */
export interface Machine {
  readonly cpu: string
  readonly cores: number
  readonly memoryGiB: number
  readonly system: string
  readonly node: string
}

const CROWDED =
  'That is more work than processors (this row’s own pods, what the row before left, or others): ratios hold, as both sides take turns; times are longer than on a quiet machine.'

/** The Markdown of the results. */
export function markdown(results: Results): string {
  const {machine, rows} = results
  const lines = rows.flatMap((row) => row.lines).filter(({goal}) => goal !== undefined)
  const count = (state: boolean | undefined): number => lines.filter(({reached}) => reached === state).length
  const silent = lines.filter(({reached, shortfall}) => reached === false && shortfall === undefined).length
  return [
    '# Benchmarks',
    '',
    `Written by \`npm run bench\`${results.short ? ' in its short form' : ''}; do not edit. What was tried and did`,
    'not help is in [NOTES.md](NOTES.md).',
    '',
    `Machine: ${machine.cpu}, ${String(machine.cores)} cores, ${machine.memoryGiB.toFixed(0)} GiB, ${machine.system}, Node ${machine.node}.`,
    '',
    `Medians with (least..most); ours and theirs in turns, n runs each. CPU is user and system time of the step and all`,
    'it starts; peak is the memory of its largest process.',
    '',
    `Of ${String(lines.length)} figures to reach, ${String(count(true))} are reached, ${String(count(false))} are not${silent === 0 ? '' : ` (${String(silent)} of them with no reason given)`}, ${String(count(undefined))} could not be told.`,
    '',
    ...rows.flatMap((row) => section(row, machine)),
  ].join('\n')
}

function measuredWhen({date, commit, seconds, load}: RowResult, {cores}: Machine): string {
  const at = commit === undefined ? '' : ` at commit ${commit}`
  const [start, end] = load.map((each) => each.toFixed(1)) as [string, string]
  const crowded = Math.max(...load) > cores ? ` ${CROWDED}` : ''
  return `Measured on ${date} UTC${at} in ${seconds.toFixed(0)} s; load ${start} at the start, ${end} at the end.${crowded}`
}

function section(row: RowResult, machine: Machine): string[] {
  const {name, title, how, lines, trouble} = row
  return [
    `## ${title}`,
    '',
    `${how} (\`npm run bench -- --only ${name}\`)`,
    '',
    measuredWhen(row, machine),
    '',
    ...(lines.length === 0 ? [] : [...table(lines), '']),
    ...notes(lines),
    ...shortfalls(lines),
    ...(trouble.length === 0 ? [] : [...trouble.map((each) => `- ✗ not measured: ${cell(each.slice(0, 400))}`), '']),
  ]
}

function table(lines: readonly Line[]): string[] {
  const rows = lines.map((line) => [
    cell(line.case),
    line.measure,
    spread(line.ours, line.unit),
    line.theirs === undefined ? '' : spread(line.theirs, line.unit),
    cell(line.other ?? ''),
    line.ratio === undefined ? '' : line.ratio.toFixed(2),
    line.goal === undefined ? '' : goalText(line.goal, line.unit),
    line.goal === undefined ? '' : {true: '✓', false: '✗', undefined: '?'}[String(line.reached) as 'true'],
    String(line.ours.n) +
      (line.theirs !== undefined && line.theirs.n !== line.ours.n ? `/${String(line.theirs.n)}` : ''),
  ])
  const head = ['case', 'measure', 'ours', 'theirs', 'beside', 'ratio', 'to reach', '', 'n']
  return [head, head.map(() => '---'), ...rows].map((cells) => `| ${cells.join(' | ')} |`)
}

function notes(lines: readonly Line[]): string[] {
  const said = new Set(lines.flatMap((line) => (line.note === undefined ? [] : [`- ${line.case}: ${line.note}`])))
  return said.size === 0 ? [] : [...said, '']
}

// One sentence for all figures that are missed for one reason.
function shortfalls(lines: readonly Line[]): string[] {
  const missed = Map.groupBy(
    lines.filter(({reached}) => reached === false),
    ({shortfall}) => (shortfall ? `${shortfall.why} Next idea: ${shortfall.next}` : '**no reason given**.'),
  )
  if (missed.size === 0) return []
  const said = [...missed].map(([why, of]) => {
    const cases = [...Map.groupBy(of, (line) => line.case)]
    const figures = cases.map(([name, each]) => `*${name}* (${each.map(({measure}) => measure).join(', ')})`)
    return `- ${figures.join(' · ')}: ${why}`
  })
  return ['Not reached:', '', ...said, '']
}

function spread({median, min, max, n}: Stats, unit: Unit): string {
  const range = n === 1 || min === max ? '' : ` (${number(min, unit)}..${number(max, unit)})`
  return `${number(median, unit)}${unit === 'calls' || unit === 'per minute' ? '' : ` ${unit}`}${range}`
}

const DIGITS: Readonly<Record<Unit, number>> = {s: 2, MiB: 0, MB: 2, 'per minute': 0, calls: 0}

function number(value: number, unit: Unit): string {
  return value.toFixed(DIGITS[unit])
}

function goalText(goal: Goal, unit: Unit): string {
  switch (goal.kind) {
    case 'ratio':
      return `≤ ${String(goal.max)} of theirs`
    case 'at-most':
      return `≤ ${String(goal.max)} ${unit}`
    case 'difference':
      return `≤ ${String(goal.max)} ${unit} more`
    case 'growth':
      return `≤ ${String(goal.max)} % of "${goal.from}"`
  }
}

// What stands in a cell must stay in it.
function cell(text: string): string {
  return text.replace(/\s+/g, ' ').replaceAll('|', '\\|')
}
