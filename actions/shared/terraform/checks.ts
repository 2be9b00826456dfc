import {posix} from 'node:path'
import {Failure} from '../core/diagnosis.ts'
import {lastWords} from '../core/exec.ts'
import {recordFrom, recordsAt} from '../core/json.ts'
import type {Place} from '../core/log.ts'
import {diagnosticFromJson, diagnosticsFromText} from './diagnostics.ts'
import type {Diagnostic} from './diagnostics.ts'
import {explainBroken, sentence} from './failures.ts'
import type {Session} from './session.ts'
import {readUiLine} from './ui.ts'

/** What is checked before planning. */
export interface Checks {
  readonly format: boolean
  readonly validate: boolean
  readonly test: boolean
}

/**
 * Runs the checks that were asked for, the quickest first. What is wrong is annotated on its file and line.
 * @param varFiles variables for the tests
 * @throws {Failure} for the first check that fails
 */
export async function runChecks(session: Session, checks: Checks, varFiles: readonly string[]): Promise<void> {
  const {log} = session.world
  if (checks.format) await log.group(`${session.tool.name} fmt`, () => checkFormat(session))
  if (checks.validate) await log.group(`${session.tool.name} validate`, () => validate(session))
  if (checks.test) await log.group(`${session.tool.name} test`, () => test(session, varFiles))
}

// 0: as it should be. 3: a file is not. Everything else: a file could not be read as HCL.
async function checkFormat(session: Session): Promise<void> {
  const {world, root, tool} = session
  const finished = await session.call(['fmt', '-check', '-diff', '-recursive', '-no-color'])
  if (finished.code === 0) return
  const [first, ...further] = unformatted(finished.stdout, root)
  if (finished.code !== 3 || first === undefined) {
    throw explainBroken(world, {
      phase: 'plan',
      root,
      diagnostics: diagnosticsFromText(finished.stderr, root),
      lastWords: lastWords(tool.name, finished),
    })
  }
  for (const place of further)
    world.log.error(`${place.file} is not formatted as "${tool.name} fmt" does`, undefined, place)
  const more = further.length === 0 ? '' : ` (and ${String(further.length)} more)`
  throw new Failure({
    reason: 'plan-failed',
    subject: root,
    cause: `${first.file}${more} is not formatted as "${tool.name} fmt" does`,
    advice: `run "${tool.name} fmt -recursive" in ${root} and commit`,
    evidence: [{title: 'what it would change', lines: finished.stdout.trimEnd().split('\n').slice(0, MOST_LINES)}],
    place: first,
  })
}

const MOST_LINES = 200

/** The first line of each file that the formatter would change, out of its unified diff. */
export function unformatted(diff: string, root: string): Place[] {
  return diff.split(/^--- old\//m).flatMap((part) => {
    const file = /^\+\+\+ new\/(.*)$/m.exec(part)?.[1]
    const hunk = /^@@ -(\d+)[^\n]*\n((?: [^\n]*\n|\n)*)/m.exec(part)
    if (file === undefined || hunk === null) return []
    const unchanged = (hunk[2] ?? '').split('\n').length - 1
    return [{file: posix.join(root, file), line: Number(hunk[1]) + unchanged}]
  })
}

async function validate(session: Session): Promise<void> {
  const {world, root, tool} = session
  const finished = await session.call(['validate', '-json'])
  const diagnostics = recordsAt(recordFrom(finished.stdout) ?? {}, 'diagnostics').flatMap(
    (item) => diagnosticFromJson(item, root) ?? [],
  )
  for (const warning of diagnostics.filter(({severity}) => severity === 'warning')) {
    world.log.warning(world.mask.scrub(sentence(warning)), undefined, warning.place)
  }
  if (finished.code === 0) return
  throw explainBroken(world, {phase: 'plan', root, diagnostics, lastWords: lastWords(tool.name, finished)})
}

// A run without a test is green to the tool; who asks for tests wants to know that there are none.
async function test(session: Session, varFiles: readonly string[]): Promise<void> {
  const {world, root, tool} = session
  const diagnostics: Diagnostic[] = []
  let summary = ''
  const argv = ['test', '-json', ...varFiles.map((file) => `-var-file=${file}`)]
  const finished = await session.live(argv, (line) => {
    const message = readUiLine(line, root)
    if (message.diagnostic) diagnostics.push(message.diagnostic)
    else if (message.text !== '') world.log.line(message.text)
    if (message.type === 'test_summary') summary = message.text
  })
  world.cancel.throwIfAborted()
  if (finished.code === 0 && / [1-9]\d* passed/.test(summary)) return
  if (finished.code !== 0) {
    throw explainBroken(world, {phase: 'plan', root, diagnostics, lastWords: summary || lastWords(tool.name, finished)})
  }
  throw new Failure({
    reason: 'plan-failed',
    subject: root,
    cause: 'there are no tests, and "test" is set',
    advice: `add tests/*.tftest.hcl to ${root}, or take "test" away`,
  })
}
