import {isMap, isPair, isScalar, isSeq} from 'yaml'
import type {Node, YAMLMap} from 'yaml'
import type {Sample} from './samples.ts'

/** A value of a workflow, as text, with the line it stands in. */
export interface Value {
  readonly text: string
  /** Counted from 1, in the file. */
  readonly line: number
}

/** A step of a job. */
export interface Step {
  readonly line: number
  /** `actions/checkout@3d3c…`; empty for a step that runs a script. */
  readonly uses: Value | undefined
  readonly run: Value | undefined
  readonly with: ReadonlyMap<string, Value>
}

/** A job, or the steps of a sample that shows no more than steps. */
export interface Job {
  readonly id: string
  readonly line: number
  readonly if: Value | undefined
  /** The jobs that it waits for. */
  readonly needs: readonly string[]
  readonly environment: boolean
  /** Scope → access; undefined when the job says nothing of its own. */
  readonly permissions: ReadonlyMap<string, string> | undefined
  readonly concurrency: Concurrency | undefined
  readonly outputs: ReadonlyMap<string, Value>
  /** A reusable workflow that the job is made of. */
  readonly uses: Value | undefined
  readonly steps: readonly Step[]
}

/** A concurrency group. */
export interface Concurrency {
  readonly line: number
  /** `cancel-in-progress` as it is written; `false` when left out. */
  readonly cancels: string
  /** `queue` as it is written; undefined when left out. */
  readonly queue: Value | undefined
}

/** What the rules look at: a workflow, or the part of one that a document shows. */
export interface Workflow {
  readonly sample: Sample
  /** Whether there is all of it: rules about what is missing need that. */
  readonly whole: boolean
  readonly triggers: readonly string[]
  readonly permissions: ReadonlyMap<string, string> | undefined
  readonly concurrency: Concurrency | undefined
  readonly jobs: readonly Job[]
  /** Every text of it, for rules that do not ask where it stands. */
  readonly values: readonly Value[]
}

/** The sample as a workflow; undefined when it is other YAML (a manifest, an action.yml). */
export function readWorkflow(sample: Sample): Workflow | undefined {
  const {contents} = sample.document
  const reader = new Reader(sample)
  const part = {sample, whole: false, triggers: [], permissions: undefined, concurrency: undefined}
  if (isSeq(contents)) {
    const steps = reader.steps(contents)
    if (!steps.some(({uses, run}) => uses !== undefined || run !== undefined)) return undefined
    return {...part, jobs: [reader.job('', contents, undefined, steps)], values: reader.values(contents)}
  }
  if (!isMap(contents)) return undefined
  const values = reader.values(contents)
  const jobs = contents.get('jobs')
  if (isMap(jobs)) {
    const triggers = reader.names(contents.get('on', true))
    const {permissions, concurrency} = reader.common(contents)
    return {sample, whole: triggers.length > 0, triggers, permissions, concurrency, jobs: reader.jobs(jobs), values}
  }
  const steps = contents.get('steps')
  if (isSeq(steps)) return {...part, jobs: [reader.job('', contents, contents, reader.steps(steps))], values}
  const own = reader.jobs(contents)
  return own.length === 0 ? undefined : {...part, jobs: own, values}
}

class Reader {
  private readonly sample: Sample
  constructor(sample: Sample) {
    this.sample = sample
  }

  jobs(map: YAMLMap): Job[] {
    return map.items.flatMap(({key, value}) => {
      if (!isMap(value) || !(value.has('steps') || value.has('uses'))) return []
      const steps = value.get('steps')
      return [this.job(String(key), key as Node, value, isSeq(steps) ? this.steps(steps) : [])]
    })
  }

  job(id: string, at: Node, map: YAMLMap | undefined, steps: readonly Step[]): Job {
    return {
      ...{id, line: this.line(at), steps, needs: this.names(map?.get('needs', true))},
      ...{if: this.value(map, 'if'), uses: this.value(map, 'uses'), environment: map?.has('environment') ?? false},
      ...(map === undefined ? {permissions: undefined, concurrency: undefined} : this.common(map)),
      outputs: this.map(map?.get('outputs')),
    }
  }

  steps(seq: {readonly items: readonly unknown[]}): Step[] {
    return seq.items.filter(isMap).map((step) => ({
      line: this.line(step),
      uses: this.value(step, 'uses'),
      run: this.value(step, 'run'),
      with: this.map(step.get('with')),
    }))
  }

  common(map: YAMLMap): Pick<Job, 'permissions' | 'concurrency'> {
    const permissions = map.get('permissions', true)
    const concurrency = map.get('concurrency', true)
    return {
      permissions: permissions === undefined ? undefined : this.permissions(permissions),
      concurrency:
        concurrency === undefined
          ? undefined
          : {
              line: this.line(concurrency),
              cancels: this.map(concurrency).get('cancel-in-progress')?.text ?? 'false',
              queue: this.map(concurrency).get('queue'),
            },
    }
  }

  // `read-all` and `write-all` are permissions for everything.
  private permissions(node: unknown): Map<string, string> {
    if (isScalar(node)) return new Map([['*', String(node.value).replace('-all', '')]])
    return new Map([...this.map(node)].map(([scope, {text}]) => [scope, text]))
  }

  map(node: unknown): Map<string, Value> {
    if (!isMap(node)) return new Map()
    return new Map(node.items.map((pair) => [String(pair.key), this.of(pair.value)]))
  }

  names(node: unknown): string[] {
    if (isScalar(node)) return [String(node.value)]
    if (isSeq(node)) return node.items.map(String)
    return isMap(node) ? node.items.map(({key}) => String(key)) : []
  }

  values(node: unknown): Value[] {
    if (isPair(node)) return this.values(node.value)
    if (isMap(node) || isSeq(node)) return node.items.flatMap((item: unknown) => this.values(item))
    return isScalar(node) && typeof node.value === 'string' ? [this.of(node)] : []
  }

  private value(map: YAMLMap | undefined, key: string): Value | undefined {
    const node = map?.get(key, true)
    return node === undefined ? undefined : this.of(node)
  }

  private of(node: unknown): Value {
    const value: unknown = isScalar(node) ? node.value : undefined
    const text = typeof value === 'string' ? value : value === undefined || value === null ? '' : JSON.stringify(value)
    return {text, line: this.line(node as Node)}
  }

  private line(node: Node | null): number {
    const start = node?.range?.[0] ?? 0
    return this.sample.offset + this.sample.lines.linePos(start).line
  }
}
