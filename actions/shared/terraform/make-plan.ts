import {join} from 'node:path'
import {lastWords} from '../core/exec.ts'
import {writePrivateFile} from '../core/files.ts'
import {diagnosticLines} from './diagnostics.ts'
import type {Diagnostic} from './diagnostics.ts'
import {explainBroken} from './failures.ts'
import {planArgv} from './plan-argv.ts'
import type {PlanOptions} from './plan-argv.ts'
import {readPlan} from './plan.ts'
import type {Plan} from './plan.ts'
import type {Session} from './session.ts'
import {readUiLine} from './ui.ts'
import type {UiMessage} from './ui.ts'

/** A plan that was made: as data, and as files that only this user can read. */
export interface MadePlan {
  readonly plan: Plan
  /** 0: nothing to do. 2: something to do. */
  readonly exitCode: 0 | 2
  /** The binary plan. */
  readonly file: string
  /** The plan as JSON. It holds secrets in clear text. */
  readonly jsonFile: string
  /** The plan as the tool shows it to people. */
  readonly textFile: string
  readonly text: string
  readonly warnings: readonly Diagnostic[]
}

/**
 * Plans, live, and reads the plan back as data.
 * @param folder where the files go; private
 * @throws {Failure} when the tool cannot plan, with its diagnostics on file and line
 */
export async function makePlan(session: Session, options: PlanOptions, folder: string): Promise<MadePlan> {
  const {world} = session
  const file = join(folder, 'plan.tfplan')
  const diagnostics: Diagnostic[] = []
  const show = planProgress(session)
  const finished = await session.live(planArgv(options, file), (line) => {
    const message = readUiLine(line, session.root)
    if (message.diagnostic) diagnostics.push(message.diagnostic)
    show(message)
  })
  world.cancel.throwIfAborted()
  if (finished.code !== 0 && finished.code !== 2) {
    throw explainBroken(world, {
      phase: 'plan',
      root: session.root,
      diagnostics,
      lastWords: lastWords(session.tool.name, finished),
    })
  }
  const warnings = diagnostics.filter(({severity}) => severity === 'warning')
  return {...(await showPlan(session, file, folder)), exitCode: finished.code, warnings}
}

/**
 * Reads a binary plan as data and as text, and writes both beside it.
 * @throws {Failure} when the tool cannot read it
 */
export async function showPlan(
  session: Session,
  file: string,
  folder: string,
): Promise<Omit<MadePlan, 'exitCode' | 'warnings'>> {
  const [json, text] = await Promise.all([
    session.call(['show', '-json', file]),
    session.call(['show', '-no-color', file]),
  ])
  for (const shown of [json, text]) {
    if (shown.code === 0) continue
    const words = lastWords(session.tool.name, shown)
    throw explainBroken(session.world, {phase: 'plan', root: session.root, diagnostics: [], lastWords: words})
  }
  const [jsonFile, textFile] = [join(folder, 'plan.json'), join(folder, 'plan.txt')]
  await Promise.all([writePrivateFile(jsonFile, json.stdout), writePrivateFile(textFile, text.stdout)])
  return {plan: readPlan(json.stdout), file, jsonFile, textFile, text: text.stdout}
}

// The tool's stream in few words: what was read is one line, problems are shown whole, the rest as it is.
function planProgress({world}: Session): (message: UiMessage) => void {
  const quiet = new Set(['version', 'refresh_start', 'change_summary', 'outputs', 'planned_change', 'resource_drift'])
  return ({type, text, diagnostic}) => {
    if (diagnostic) {
      const [head = '', ...rest] = diagnosticLines(diagnostic)
      world.log.line(`${diagnostic.severity}: ${head}`)
      for (const line of rest) world.log.line(`  ${line}`)
    } else if (!quiet.has(type) && text !== '') {
      world.log.line(text)
    }
  }
}
