import {ConfigurationError} from './config.js'
import {DatabaseError} from './database.js'
import {createLog, messageOf} from './log.js'

/** @type {(line: string) => void} */
const stdout = (line) => void process.stdout.write(line)

/**
 * A log on standard output.
 *
 * @param {import('./log.js').Level} level
 * @returns {import('./log.js').Log}
 */
export const processLog = (level) => createLog(level, stdout)

/**
 * Runs a program to its end or to its one fatal line. Exit codes: 3 for a setting, 4 for the database, 1 for the rest.
 * The code is set, not forced with process.exit, so that a line on its way into a pipe is not lost.
 *
 * @param {() => void | Promise<void>} program
 * @returns {Promise<void>}
 */
export async function main(program) {
  try {
    await program()
  } catch (error) {
    const expected = error instanceof ConfigurationError || error instanceof DatabaseError
    const stack = !expected && error instanceof Error ? {stack: error.stack} : undefined
    processLog('fatal').fatal(messageOf(error), stack)
    process.exitCode = expected ? error.exitCode : 1
  }
}
