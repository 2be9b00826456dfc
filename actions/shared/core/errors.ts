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
  const own = wordsOf(thrown)
  const inner = innerMessage(thrown)
  return inner === undefined || own.includes(inner) ? own : `${own}: ${inner}`
}

// JSON.parse speaks to programmers, and so does the hint that the AWS SDK adds on a line of its own.
function wordsOf({message, name}: Error): string {
  const [words = ''] = message.split('\n  Deserialization error:')
  if (name === 'SyntaxError' && /JSON/.test(words))
    return 'what came back is not JSON: a proxy gave it, or its end is missing'
  return words.trim() || name
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
