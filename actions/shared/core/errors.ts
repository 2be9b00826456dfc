/**
 * A mistake in what the user gave: an input, a file, a setting. Shown as its one sentence, never with a stack trace.
 */
export class InputError extends Error {
  override readonly name = 'InputError'
}

/**
 * The run was asked to stop (SIGINT or SIGTERM from the runner). Never reported as success.
 */
export class CancelledError extends Error {
  override readonly name = 'CancelledError'
  constructor(message = 'The run was cancelled.') {
    super(message)
  }
}

/**
 * The text of anything that was thrown, with the chain of causes: `outer: inner`. Never empty, never `undefined`:
 * JavaScript may throw strings, objects and nothing at all.
 */
export function errorMessage(thrown: unknown): string {
  if (!(thrown instanceof Error)) return nonErrorMessage(thrown)
  const own = thrown.message.trim() || thrown.name
  const inner = innerMessage(thrown)
  return inner === undefined || own.includes(inner) ? own : `${own}: ${inner}`
}

function innerMessage(error: Error): string | undefined {
  if (error instanceof AggregateError) return error.errors.map(errorMessage).join('; ')
  return error.cause === undefined ? undefined : errorMessage(error.cause)
}

function nonErrorMessage(thrown: unknown): string {
  if (typeof thrown === 'string' && thrown.trim() !== '') return thrown
  if (thrown === undefined || thrown === null || thrown === '') return 'An unknown error was thrown without a message.'
  try {
    return JSON.stringify(thrown)
  } catch {
    return Object.prototype.toString.call(thrown)
  }
}
