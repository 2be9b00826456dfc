import {humanDuration} from '../core/clock.ts'

/** Who holds a state lock, as the tool reports it. */
export interface LockInfo {
  readonly id: string
  readonly path?: string
  readonly operation?: string
  readonly who?: string
  readonly created?: string
  /** It is the one that the command itself asked for: the backend took it, and the answer was lost. */
  readonly own?: true
}

/**
 * The lock in an "Error acquiring the state lock" message, or undefined when the text is not about a lock.
 * The `Lock Info:` block is the same in Terraform and OpenTofu (internal/states/statemgr, LockInfo.String).
 */
export function parseLock(text: string): LockInfo | undefined {
  // The http backend names the lock that is there by its id alone; the block is then about who asked
  // (internal/backend/remote-state/http, Lock).
  const there = /already locked:\s*ID=(\S+)/.exec(text)?.[1]
  const block = /Lock Info:\s*\n([\s\S]*)/.exec(text)?.[1] ?? ''
  const field = (name: string): string | undefined =>
    new RegExp(`^\\s*${name}:[ \\t]*(\\S.*)$`, 'm').exec(block)?.[1]?.trim()
  // Who asks again, because no answer came, is told of the lock that the first request took.
  if (there !== undefined) return {id: there, ...(field('ID') === there && {own: true})}
  const id = field('ID')
  if (id === undefined) return undefined
  const [path, operation, who, created] = [field('Path'), field('Operation'), field('Who'), field('Created')]
  return {
    id,
    ...(path !== undefined && {path}),
    ...(operation !== undefined && {operation}),
    ...(who !== undefined && {who}),
    ...(created !== undefined && {created}),
  }
}

/** How long the lock has been held, in milliseconds; undefined when the tool gave no time that can be read. */
export function lockAge(lock: LockInfo, now: number): number | undefined {
  const at = /^(\d{4}-\d\d-\d\d) (\d\d:\d\d:\d\d)/.exec(lock.created ?? '')
  const created = at === null ? NaN : Date.parse(`${at[1] ?? ''}T${at[2] ?? ''}Z`)
  return Number.isNaN(created) ? undefined : Math.max(0, now - created)
}

/** The id of a lock that a command took, and whose answer was lost, in what it says; undefined in all other cases. */
export function unansweredLock(diagnostics: readonly {readonly detail: string}[]): string | undefined {
  return diagnostics.map(({detail}) => parseLock(detail)).find((lock) => lock?.own === true)?.id
}

/** One sentence part: `held by root@host for 3 min 2 s (apply), lock id 848e…`. */
export function describeLock(lock: LockInfo, now: number): string {
  const age = lockAge(lock, now)
  const operation = lock.operation?.replace(/^OperationType/, '').toLowerCase()
  return [
    `held by ${lock.who ?? 'somebody unknown'}`,
    age === undefined ? '' : ` for ${humanDuration(age)}`,
    operation === undefined ? '' : ` (${operation})`,
    `, lock id ${lock.id}`,
  ].join('')
}
