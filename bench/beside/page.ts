import {humanDuration} from '../../actions/shared/core/clock.ts'
import {FASTER} from './endings.ts'
import type {Ending} from './endings.ts'

/** The page that is made here. */
export const PAGE = 'docs/failures-beside-peers.md'

const MOST = 420

/** What a run left its user with, as a cell of a table. */
export function cell({said, tookMs, code}: Ending): string {
  const took = `after ${humanDuration(Math.round(tookMs / 1000) * 1000)}`
  const ended = code === 0 ? `green · ${took}` : took
  if (said === '') return code === 0 ? ended : `exit code ${String(code)} and no word · ${took}`
  const short = said.length > MOST ? `${said.slice(0, MOST)}… (${String(said.length)} characters)` : said
  const lines = short.split('\n').map((line) => `\`${line.replaceAll('`', "'").replaceAll('|', '\\|')}\``)
  return `${lines.join('<br>')} · ${ended}`
}

/** A row that both sides have run. */
export interface RunRow {
  /** Whose cell the second is; undefined where the table has one peer. */
  readonly tool?: string
  readonly title: string
  readonly theirs: string
  readonly ours: string
}

/** The page. @param peer the title of the action that most workflows use @param names of the other tools, as they were run */
export function page(
  peer: string,
  rows: readonly RunRow[],
  names: readonly string[],
  others: readonly RunRow[],
): string {
  return `${[
    '# Failures beside the action that most workflows use, and beside other tools',
    '<!-- Made by bench/beside/failures.ts, which runs both. Change that, then run it. -->',
    `Each failure was met by both sides as they are published, on the same scripted ECS, in one run. What stands here is the
annotation of the run, and how long after the change it came, by the clock of the step, undo and all (three minutes of patience on
both sides; the clock runs ${String(FASTER)} times as fast, so some of the seconds are those of the network and of a busy machine). Stopped
tasks, exit codes, log lines, what changed and what to do are in our log and job summary besides. A test runs our side of
every row.`,
    `## ${peer}`,
    ['| what fails | what they say | what we say |', '| --- | --- | --- |', ...rows.map(oneOf)].join('\n'),
    '## Other tools',
    `Run beside ours in the same way: ${names.join(', ')}. What a program prints has no annotations: its last lines
stand here, and they ran by the clock on the wall. The log of a task that
geekcell/github-action-aws-ecs-run-task follows is left out, as the scripted ECS does not speak StartLiveTail; ecs_deploy is a library, and
\`bench/beside/ecs_deploy.rb\` makes the calls that its tasks for Capistrano make.`,
    ['| tool | what fails | what it says | what we say |', '| --- | --- | --- | --- |', ...others.map(oneOf)].join(
      '\n',
    ),
  ].join('\n\n')}\n`
}

function oneOf({tool, title, theirs, ours}: RunRow): string {
  return `| ${[...(tool === undefined ? [] : [tool]), title, theirs, ours].join(' | ')} |`
}

/** The rows of a page that was written: what fails, and our cell. */
export function ownSide(text: string): readonly {readonly title: string; readonly ours: string}[] {
  return text
    .split('\n')
    .filter(
      (line) =>
        line.startsWith('| ') && !line.startsWith('| what') && !line.startsWith('| tool') && !/^\| -/.test(line),
    )
    .map((line) => line.slice(2, -2).split(/(?<!\\) \| /))
    .map((cells) => ({title: cells.at(-3) ?? '', ours: cells.at(-1) ?? ''}))
}
