import type {ActionCall} from '../../support/spawn-action.ts'
import type {FaultProxy, Passing} from './proxy.ts'

/** Where the thing that an action changes stands. */
export type Standing =
  /** As it was before the run. */
  | 'before'
  /** As the run was asked to make it, and in order. */
  | 'wanted'
  /** Anything else. */
  | 'between'

/** A moment of a run: when a request passes, or when the log says something. */
export interface Phase {
  readonly name: string
  /** A request that only this phase makes. */
  readonly request?: (request: Passing) => boolean
  /** A line that only this phase logs. */
  readonly line?: RegExp
  /** A tool that only this phase starts: the moment is when it is seen among the processes. */
  readonly tool?: string
  /** First words of the calls of a tool in this phase, whose output can be spoilt; `*` for all. */
  readonly calls?: readonly string[]
}

/** Everything one action works on in one cell, made anew for it. */
export interface Room {
  readonly proxies: readonly FaultProxy[]
  /** Which language errors are told in. */
  readonly dialect: Dialect
  readonly call: ActionCall
  /** What must not be seen anywhere. */
  readonly secrets: readonly string[]
  standing(): Promise<Standing> | Standing
  /** What the run should also have done, besides what it is for, and has not: a comment. */
  owing?(): readonly string[]
  /** How many changes of the kind that was asked for once have reached the target. */
  changes(): number
  /** What the run left behind that it should not have: a lock, a task that nobody waits for. */
  left(): readonly string[]
  /** Words that a person must find in the log, to mend what the run could not: the id of a lock that is still held. */
  toSay?(): readonly string[]
  /** What a person must find in the log where the run could see it: why a target cannot be reached. */
  causes?(): readonly string[]
  /** Files below RUNNER_TEMP that the action hands to later steps on purpose, by their names. */
  readonly handedOn?: RegExp
  /** Whatever else a person could read: comments, artifacts. */
  shown?(): string
  /** What the next run would be started with, when that differs. */
  again?(): Promise<ActionCall> | ActionCall
  close(): Promise<void>
}

/** How a service tells its errors. */
export type Dialect = 'aws' | 'github' | 'kubernetes' | 'plain'

/** What a cell wants to have prepared. */
export interface RoomWish {
  /** Output of the tools that the action starts. */
  readonly noise?: Noise
}

/** What a tool writes, and at which of its calls. */
export interface Noise {
  readonly what: 'flood' | 'broken-utf8'
  /** First words of the calls; `*` for all. */
  readonly calls: readonly string[]
}

/** An action, and how it is put to the test. */
export interface Subject {
  readonly action: string
  /** What the target does, when an action is tried in more than one situation. */
  readonly situation: string
  readonly phases: readonly Phase[]
  /** Whether action.yml names a post step. */
  readonly post: boolean
  /** Where it writes besides the files of the runner: below RUNNER_TEMP, into the checkout. */
  readonly writes: readonly ('temp' | 'checkout')[]
  /** Whether what was asked for can be reached at all; a crash loop cannot. */
  readonly reachable: boolean
  /** After which end of a run its target is as it was, or as was asked for: a cancelled one, and also one that was killed. */
  readonly settles: 'never' | 'cancelled' | 'killed'
  /** Longest time of one run with a fault, in milliseconds. */
  readonly limitMs: number
  /** Cells that would prove nothing, and why. */
  readonly leftOut?: readonly LeftOut[]
  /** Rules that cannot be kept in some cells, and why: they are on the page as what they are. */
  readonly limits?: readonly Limit[]
  room(wish: RoomWish): Promise<Room>
}

/** Cells that are not run: those whose fault and phase both match. */
export interface LeftOut {
  readonly fault: RegExp
  /** All phases when it is left out. */
  readonly phase?: RegExp
  readonly why: string
}

/** A rule that an action cannot keep where fault and phase both match. */
export interface Limit {
  readonly fault: RegExp
  readonly phase: RegExp
  /** The rule, and what is seen of it where it cannot be kept. */
  readonly rule: RegExp
  readonly why: string
}

/** Something that goes wrong. */
export interface Fault {
  readonly name: string
  readonly family: 'network' | 'signal' | 'machine' | 'tool'
  /** It goes away by itself: a run that fails of it gave up too early. */
  readonly passes?: boolean
  /** It can only be there from the start, not from a phase on. */
  readonly whole?: boolean
}

/** One cell of the matrix. */
export interface Cell {
  readonly subject: Subject
  readonly phase: string
  readonly fault: Fault
}

/** The name of a cell: `ecs-deploy (good) · change · reset`. */
export function nameOf({subject, phase, fault}: Cell): string {
  return `${subject.action} (${subject.situation}) · ${phase} · ${fault.name}`
}

/** What came out of a cell. */
export interface CellResult {
  readonly action: string
  readonly situation: string
  readonly phase: string
  readonly fault: string
  readonly family: Fault['family']
  /** The fault was met; a fault at a phase that the run never came to proves nothing. */
  readonly met: boolean
  readonly exit: string
  readonly status: string
  readonly reason: string
  readonly standing: Standing
  readonly changes: number
  /** How the next run, without a fault, ended. */
  readonly again: string
  readonly seconds: number
  /** What was broken; empty is what is wanted. */
  readonly broken: readonly string[]
  /** Why a rule could not be kept here. */
  readonly limits?: readonly string[]
  /** The annotation. */
  readonly said: string
}
