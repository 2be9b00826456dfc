import {z} from 'zod'

/** How one job of a workflow went. */
export interface JobRun {
  readonly result: 'success' | 'failure' | 'skipped'
  /** The outputs of its steps, by the step's id. */
  readonly outputs: Readonly<Record<string, Readonly<Record<string, string>>>>
  /** The job summary, in Markdown. */
  readonly summary: string
  /** The texts of its error annotations. */
  readonly errors: readonly string[]
  readonly log: string
  /** Seconds from its first to its last line. */
  readonly seconds: number
  /** Its steps and their post steps as they ended; those of a composite action are a part of its own. */
  readonly steps: readonly StepRun[]
}

/** How long one step of a job took, as the runner counts it. */
export interface StepRun {
  /** As the workflow names it: what it uses, or what it runs. */
  readonly name: string
  readonly stage: 'Pre' | 'Main' | 'Post'
  readonly seconds: number
}

/** Called for each line of a step's log. */
export type OnLine = (job: string, line: string) => void

/** What the lines of a run add up to. */
export interface Collected {
  /** By the job's id; `<job that calls>/<id>` where two jobs call the same workflow. */
  readonly jobs: ReadonlyMap<string, JobRun>
  /** What the runner itself had to say about a failure, beside the jobs' logs. */
  readonly complaint: string
}

// https://nektosact.com/usage/: one JSON object per line; fields that are read here.
const runnerLine = z.object({
  job: z.string().optional(),
  jobID: z.string().optional(),
  stepID: z.array(z.string()).optional(),
  msg: z.string().optional(),
  raw_output: z.boolean().optional(),
  command: z.string().optional(),
  name: z.string().optional(),
  arg: z.string().optional(),
  content: z.string().optional(),
  jobResult: z.string().optional(),
  level: z.string().optional(),
  time: z.string().optional(),
  step: z.string().optional(),
  stage: z.enum(['Pre', 'Main', 'Post']).optional().catch(undefined),
  stepResult: z.string().optional(),
  /** Of a step that has ended, in nanoseconds. */
  executionTime: z.number().optional(),
})

type RunnerLine = z.infer<typeof runnerLine>

interface Draft {
  readonly id: string
  /** The jobs that call the workflow it is in, from the outermost one; empty for a job of the workflow that was started. */
  readonly caller: string
  result: JobRun['result']
  readonly outputs: Record<string, Record<string, string>>
  summary: string
  readonly errors: string[]
  readonly steps: StepRun[]
  log: string
  readonly began: number
  ended: number
}

/** Takes the lines of `act --json` one by one and adds them up. */
export function collectEvents(onLine: OnLine = () => undefined): {
  readonly take: (text: string) => void
  readonly collected: () => Collected
  /** Whether the runner has said how a job ended. @param job its id, or `<job that calls>/<id>` */
  readonly hasEnded: (job: string) => boolean
} {
  const jobs = new Map<string, Draft>()
  const complaints: string[] = []
  const take = (text: string): void => {
    const line = parse(text)
    if (line?.jobID === undefined) {
      const complaint = complaintOf(text, line)
      if (complaint !== '') complaints.push(complaint)
      return
    }
    record(line, jobOf(jobs, line.jobID, line), (said) => {
      onLine(line.jobID ?? '', said)
    })
  }
  const collected = (): Collected => ({
    jobs: new Map([...jobs.values()].map((draft) => [keyOf(draft, [...jobs.values()]), finished(draft)])),
    complaint: complaints.join('\n'),
  })
  const hasEnded = (job: string): boolean =>
    [...jobs].some(([full, {id, result}]) => [full, id].includes(job) && result !== 'skipped')
  return {take, collected, hasEnded}
}

// Where two jobs call the same workflow, all of its jobs are told apart, those that only one of the two came to included.
function keyOf({id, caller}: Draft, all: readonly Draft[]): string {
  const twice = all.some((mine) => mine.caller === caller && all.some((it) => it.id === mine.id && it !== mine))
  return twice && caller !== '' ? `${caller}/${id}` : id
}

function parse(text: string): RunnerLine | undefined {
  try {
    return runnerLine.safeParse(JSON.parse(text)).data
  } catch {
    return undefined // what act writes before it has parsed its own options is no JSON
  }
}

function complaintOf(text: string, line: RunnerLine | undefined): string {
  if (line === undefined) return text.trim()
  return line.level === 'error' ? (line.msg ?? text) : ''
}

function jobOf(jobs: Map<string, Draft>, id: string, line: RunnerLine): Draft {
  const at = Date.parse(line.time ?? '')
  // `<jobs that call>/<workflow>/<job's name>`
  const caller = (line.job ?? '').split('/').slice(0, -2).join('/')
  const full = caller === '' ? id : `${caller}/${id}`
  const job = jobs.get(full) ?? {
    id,
    caller,
    result: 'skipped',
    outputs: {},
    summary: '',
    errors: [],
    steps: [],
    log: '',
    began: at,
    ended: at,
  }
  jobs.set(full, job)
  job.ended = at
  return job
}

function record(line: RunnerLine, job: Draft, tell: (said: string) => void): void {
  if (line.jobResult !== undefined) job.result = line.jobResult === 'success' ? 'success' : 'failure'
  command(line, job)
  step(line, job)
  const said = saidBy(line)
  if (said === '') return
  job.log += `${said}\n`
  for (const each of said.split('\n')) tell(each)
}

function command(line: RunnerLine, job: Draft): void {
  const step = line.stepID?.[0] ?? ''
  if (line.command === 'set-output') (job.outputs[step] ??= {})[line.name ?? ''] = line.arg ?? ''
  if (line.command === 'summary') job.summary += `${line.content ?? ''}\n`
  if (line.command === 'error') job.errors.push(line.arg ?? line.msg ?? '')
}

function step({stepResult, stepID, step: name, stage, executionTime}: RunnerLine, job: Draft): void {
  const isOfTheJob = stepID?.length === 1
  if (stepResult === undefined || executionTime === undefined || stage === undefined || !isOfTheJob) return
  job.steps.push({name: name ?? '', stage, seconds: executionTime / 1e9})
}

/** What a step printed; annotations without the runner's own decoration. */
function saidBy(line: RunnerLine): string {
  if (line.command === 'error' || line.command === 'warning') return `${line.command}: ${line.arg ?? ''}`
  const told = line.raw_output === true || line.level === 'error'
  return told ? (line.msg ?? '').replace(/\n$/, '') : ''
}

function finished({result, outputs, summary, errors, steps, log, began, ended}: Draft): JobRun {
  return {result, outputs, summary, errors, steps, log, seconds: Math.max(0, (ended - began) / 1000)}
}
