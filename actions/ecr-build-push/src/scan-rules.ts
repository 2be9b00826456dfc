import {InputError} from '../../shared/core/errors.ts'
import type {Severity} from '../../shared/ecr/severity.ts'

/** What a scan must not have. */
export interface ScanRules {
  /** The mildest severity that fails the step. */
  readonly failOn: Severity
  /** Milliseconds. */
  readonly timeoutMs: number
  readonly ignored: readonly IgnoredFinding[]
  /** Only findings that a newer package mends count. */
  readonly fixableOnly: boolean
}

/** A vulnerability that is known and accepted for a time. */
export interface IgnoredFinding {
  readonly id: string
  /** Milliseconds since the epoch; undefined for ever. */
  readonly until: number | undefined
}

const DAY_MS = 86_400_000

/** One line of `scan-ignore`: `CVE-2026-1234 until=2026-12-31 why it is accepted`. @throws {InputError} for another form */
export function parseIgnored(line: string): IgnoredFinding {
  const [, id, day] = /^(\S+)(?:\s+until=(\d{4}-\d{2}-\d{2}))?(?:\s+(?!until=).*)?$/.exec(line) ?? []
  const until = day === undefined ? undefined : Date.parse(`${day}T00:00:00Z`) + DAY_MS
  if (id !== undefined && !Number.isNaN(until)) return {id, until}
  throw new InputError(
    `Input "scan-ignore" has "${line}": write the id, then until=YYYY-MM-DD if it is for a time, then why.`,
  )
}
