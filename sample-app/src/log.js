/** Levels from the noisiest to the one that ends the process. */
export const LEVELS = /** @type {const} */ (['debug', 'info', 'warn', 'error', 'fatal'])

/** @typedef {(typeof LEVELS)[number]} Level */
/** @typedef {(msg: string, fields?: Record<string, unknown>) => void} Write */
/** @typedef {Record<Level, Write>} Log */

/**
 * A log that writes one JSON object a line. Lines carry no time: CloudWatch Logs and the kubelet stamp each one, and a
 * second clock in the text only makes two equal lines look different.
 *
 * @param {Level} threshold the lowest level that is written
 * @param {(line: string) => void} sink where a finished line goes, newline included
 * @returns {Log}
 */
export function createLog(threshold, sink) {
  const lowest = LEVELS.indexOf(threshold)
  /** @type {(level: Level) => Write} */
  const writer = (level) => (msg, fields) => {
    if (LEVELS.indexOf(level) >= lowest) sink(`${JSON.stringify({level, msg, ...fields})}\n`)
  }
  return {
    debug: writer('debug'),
    info: writer('info'),
    warn: writer('warn'),
    error: writer('error'),
    fatal: writer('fatal'),
  }
}

/**
 * The message of anything that was thrown.
 *
 * @param {unknown} error
 * @returns {string}
 */
export function messageOf(error) {
  return error instanceof Error ? error.message : String(error)
}
