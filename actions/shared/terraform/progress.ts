import {humanDuration, stopwatch} from '../core/clock.ts'
import type {Clock} from '../core/clock.ts'
import type {Log} from '../core/log.ts'
import {replaceOrder} from './change-kind.ts'
import {diagnosticLines} from './diagnostics.ts'
import type {Diagnostic} from './diagnostics.ts'
import type {Plan, ResourceChange} from './plan.ts'
import type {UiMessage} from './ui.ts'

/** After this time without a line of progress, one says what is being waited for. Milliseconds. */
const QUIET_MS = 30_000

/** Messages that are shown as they are. */
const SPOKEN = new Set(['text', 'log', 'provision_progress'])

const VERBS: Readonly<Record<string, string>> = {
  create: 'created',
  update: 'changed',
  delete: 'destroyed',
  read: 'read',
}

/** One operation on one resource that has ended. */
export interface Operation {
  readonly address: string
  readonly action: string
  readonly seconds: number
  readonly failed: boolean
  /** The id of the object, where the tool tells one. */
  readonly id?: string
}

/** How many operations an apply of this plan performs: a replacement is two, a move or an import is none. */
export function operationCount(plan: Plan): number {
  return plan.resources.reduce((sum, change) => sum + operationsOf(change), 0)
}

function operationsOf({kind, actions}: ResourceChange): number {
  if (kind === 'replace') return replaceOrder(actions) === 'keep-old' ? 1 : 2
  return ['create', 'update', 'delete', 'read'].includes(kind) ? 1 : 0
}

/** Follows an apply: prints what is news, and remembers what was done, for the report of a failure. */
export class ApplyProgress {
  readonly diagnostics: Diagnostic[] = []
  readonly operations: Operation[] = []
  /** The values of the root outputs that are not sensitive, once the apply is done. */
  outputs: ReadonlyMap<string, unknown> = new Map()
  readonly #running = new Map<string, {readonly action: string; readonly since: number}>()
  readonly #log: Log
  readonly #clock: Clock
  readonly #total: number
  readonly #started: number
  #lastLine: number

  constructor(log: Log, clock: Clock, total: number) {
    this.#log = log
    this.#clock = clock
    this.#total = total
    this.#started = clock.now()
    this.#lastLine = this.#started
  }

  /** Takes one message of the tool. */
  take(message: UiMessage): void {
    if (message.diagnostic) {
      this.diagnostics.push(message.diagnostic)
      for (const line of diagnosticLines(message.diagnostic)) this.#say(line)
      return
    }
    const taken = this.#handlers[message.type]
    if (taken) taken(message)
    else if (SPOKEN.has(message.type) && message.text !== '') this.#say(message.text)
  }

  readonly #handlers: Readonly<Record<string, (message: UiMessage) => void>> = {
    apply_start: ({address = '', action = ''}) => {
      this.#running.set(address, {action, since: this.#clock.now()})
    },
    apply_complete: (message) => {
      this.#ended(message, false)
    },
    apply_errored: (message) => {
      this.#ended(message, true)
    },
    apply_progress: () => {
      this.#heartbeat()
    },
    outputs: ({outputs}) => {
      if (outputs) this.outputs = outputs
    },
  }

  /** What was begun and has not ended. */
  running(): string[] {
    return [...this.#running.keys()]
  }

  #ended({address = '', action = '', seconds = 0, id}: UiMessage, failed: boolean): void {
    this.#running.delete(address)
    this.operations.push({address, action, seconds, failed, ...(id !== undefined && {id})})
    const done = this.operations.filter((operation) => !operation.failed).length
    const verb = failed ? 'FAILED' : (VERBS[action] ?? action)
    const count = `${String(done).padStart(String(this.#total).length)}/${String(this.#total)}`
    this.#say(`${count}  ${address} ${verb}${seconds > 0 ? ` after ${humanDuration(seconds * 1000)}` : ''}`)
  }

  #heartbeat(): void {
    if (this.#clock.now() - this.#lastLine < QUIET_MS) return
    const slow = [...this.#running].slice(0, 3).map(([address, {action, since}]) => {
      return `${address} (${action}, ${humanDuration(this.#clock.now() - since)})`
    })
    const more = this.#running.size > 3 ? ` and ${String(this.#running.size - 3)} more` : ''
    this.#say(`still at work: ${slow.join(', ')}${more}`)
  }

  #say(text: string): void {
    this.#lastLine = this.#clock.now()
    for (const line of text.split('\n')) this.#log.line(`  ${stopwatch(this.#lastLine - this.#started)}  ${line}`)
  }
}
