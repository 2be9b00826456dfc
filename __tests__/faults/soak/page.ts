import {existsSync, readFileSync, writeFileSync} from 'node:fs'
import {join} from 'node:path'
import type {Soaked} from './soak.ts'

/** A soak as it is recorded. */
export interface SoakRecord extends Soaked {
  readonly seed: number
  /** How many deliveries were asked for; fewer were made where it was ended early. */
  readonly planned: number
  /** Every stage in each delivery, not one target of two and a plan now and then. */
  readonly whole: boolean
}

const FILE = join(import.meta.dirname, '../results/soak.json')

/** Keeps it. */
export function recordSoak(soak: SoakRecord): void {
  writeFileSync(FILE, `${JSON.stringify(soak, undefined, 2)}\n`)
}

/** The section of the page; nothing where none was recorded. */
export function soakSection(): readonly string[] {
  if (!existsSync(FILE)) return []
  return [sectionOf(JSON.parse(readFileSync(FILE, 'utf8')) as SoakRecord)]
}

const ENOUGH = 50
const FEW = ' So few deliveries prove little: what is left behind now and then is not seen in them.'

/** @returns Markdown */
export function sectionOf(soak: SoakRecord): string {
  const {planned, deliveries, seed, whole, medianSeconds, wrong, trends, ends} = soak
  const early = deliveries < planned ? ` (ended early: ${String(planned)} were asked for)` : ''
  const stages = whole
    ? 'Each one builds and pushes an image, plans and applies, runs a migration, deploys to ECS, rolls out to Kubernetes and reports'
    : 'Each one builds and pushes an image, deploys it to ECS or rolls it out to Kubernetes, and reports; one in four plans and applies as well, and one in four runs a migration'
  return [
    '## Soak',
    `**${String(deliveries)} deliveries in a row** in the lab${early}, seed ${String(seed)}, ${String(medianSeconds)} s each (median). ${stages}.
Something goes wrong in one stage of each, chosen by chance: a fault of the network that passes, at some request to AWS, the
registry, the state's backend, the cluster or GitHub; SIGINT, SIGTERM or SIGKILL at some moment; or a version that exits as
soon as it runs. A red stage is run once more, as a person would. After each delivery is counted what is there.${deliveries < ENOUGH ? FEW : ''}`,
    table(
      ['', 'first', 'last', 'asked for in between, at most', 'slope per delivery beyond that', ''],
      trends.map((t) => [t.name, t.first, t.last, t.asked, t.slope, t.grows ? '**✗ grows**' : '✓'].map(String)),
    ),
    wrong.length === 0
      ? 'Every delivery arrived: what runs is what was built.'
      : ['**✗ What went wrong:**', ...wrong.map((sentence) => `- ${sentence}`)].join('\n\n'),
    table(
      ['the stage with the fault ended', 'deliveries'],
      Object.entries(ends)
        .sort(([a], [b]) => a.localeCompare(b))
        .map(([end, count]) => [end, String(count)]),
    ),
    '`npm run test:soak -- --deliveries 500 --seed 1` makes this section.',
  ].join('\n\n')
}

function table(columns: readonly string[], rows: readonly (readonly string[])[]): string {
  return [columns, columns.map(() => '---'), ...rows].map((row) => `| ${row.join(' | ')} |`).join('\n')
}
