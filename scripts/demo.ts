import {mkdir, writeFile} from 'node:fs/promises'
import {join} from 'node:path'
import {parseArgs} from 'node:util'
import {labEnvironment, up} from '../lab/index.ts'
import {failureReason, JOBS, runChain, servedVersions, whatHappened} from './demo/chain.ts'
import type {ChainRun} from './demo/chain.ts'
import {FAULTS} from './demo/faults.ts'
import type {Fault} from './demo/faults.ts'
import type {ServedVersion} from './demo/version.ts'

const print = (line = ''): void => {
  process.stdout.write(`${line}\n`)
}

/** What the command line asks for. */
interface Wish {
  /** The mistake to put in. */
  readonly fault: Fault | undefined
  /** A folder for the log and the job summary of each job, to look at. */
  readonly save: string | undefined
}

function readWish(): Wish {
  const {values} = parseArgs({options: {break: {type: 'string'}, save: {type: 'string'}}})
  const fault = values.break === undefined ? undefined : FAULTS[values.break]
  if (values.break !== undefined && fault === undefined) {
    throw new Error(`There is no fault "${values.break}": use ${Object.keys(FAULTS).join(', ')}.`)
  }
  return {fault, save: values.save}
}

async function saveJobs(run: ChainRun, folder: string): Promise<void> {
  await mkdir(folder, {recursive: true})
  for (const [name, job] of run.workflow.jobs) {
    await writeFile(join(folder, `${name}.log`), job.log)
    await writeFile(join(folder, `${name}.md`), job.summary)
  }
}

function table(run: ChainRun): void {
  const rows = JOBS.map((name) => {
    const job = run.workflow.jobs.get(name)
    const {status, what} = whatHappened(job)
    const mark = job === undefined ? '·' : job.result === 'success' ? '✓' : '✗'
    return [mark, name, job === undefined ? '' : `${job.seconds.toFixed(1)} s`, status, what]
  })
  const widths = [0, 1, 2, 3].map((at) => Math.max(...rows.map((row) => row[at]?.length ?? 0)))
  for (const row of rows)
    print(
      row
        .map((cell, at) => (at === 2 ? cell.padStart(widths[at] ?? 0) : cell.padEnd(widths[at] ?? 0)))
        .join('  ')
        .trimEnd(),
    )
}

/** Whether every place that runs the app serves exactly what was built. */
function proven(run: ChainRun, served: readonly ServedVersion[]): boolean {
  for (const {where, commit, digest} of served) {
    const right = commit === run.commit && digest === run.digest
    print(`${right ? '✓' : '✗'} ${where}  commit ${commit?.slice(0, 7) ?? 'unknown'}  ${digest ?? 'no digest'}`)
  }
  return served.every(({commit, digest}) => commit === run.commit && digest === run.digest)
}

/** Whether the chain stopped where the fault is, for the reason that it is. */
function stoppedRightly(run: ChainRun, fault: Fault): boolean {
  const job = run.workflow.jobs.get(fault.job)
  const reason = failureReason(job)
  print(`the mistake     ${fault.mistake}`)
  print(
    `it stopped at   ${JOBS.find((name) => run.workflow.jobs.get(name)?.result === 'failure') ?? 'nothing'}, as it should at ${fault.job}`,
  )
  print(`failure-reason  ${reason ?? 'none'}, as it should be ${fault.reason}`)
  for (const error of job?.errors ?? []) print(`annotation      ${error}`)
  return job?.result === 'failure' && reason === fault.reason
}

async function main(): Promise<number> {
  const {fault, save} = readWish()
  print('▸ lab')
  await up({log: print})
  const lab = labEnvironment()
  print(`\n▸ .github/workflows/deploy.yml${fault === undefined ? '' : ` with a fault: ${fault.mistake}`}`)
  const run = await runChain(lab, fault, (job, line) => {
    print(`${job.padEnd(10)} │ ${line}`)
  })
  if (save !== undefined) await saveJobs(run, save)
  if (run.workflow.complaint !== '') print(run.workflow.complaint)
  print(`\n${run.commit.slice(0, 7)} in ${run.seconds.toFixed(0)} s`)
  table(run)
  print()
  // Red is what a bad day looks like; 2 says that the chain did not stop where it had to.
  if (fault !== undefined) return stoppedRightly(run, fault) ? 1 : 2
  if (run.workflow.exitCode !== 0) return 1
  return proven(run, await servedVersions(lab)) ? 0 : 1
}

try {
  process.exitCode = await main()
} catch (error) {
  process.stderr.write(`${(error as Error).message}\n`)
  process.exitCode = 1
}
