import {once} from 'node:events'

/**
 * The first SIGTERM or SIGINT. Called before the server listens, because a container's first process ignores signals that
 * it has no handler for.
 *
 * @returns {Promise<NodeJS.Signals>}
 */
export function stopSignal() {
  return new Promise((resolve) => {
    // `on`, not `once`: a second SIGTERM must not fall through to the default action and kill running requests.
    process.on('SIGTERM', resolve)
    process.on('SIGINT', resolve)
  })
}

/**
 * Stops taking connections and lets running requests finish. What still runs after the timeout is cut off: ECS and the
 * kubelet follow SIGTERM with SIGKILL after 30 s by default, and a process that ends by itself gets to write its last lines.
 *
 * @param {import('node:http').Server} server listening
 * @param {number} timeoutMs
 * @param {import('./log.js').Log} log
 * @param {NodeJS.Signals} signal why it stops, for the log
 * @returns {Promise<void>} when the last connection is gone
 */
export async function drain(server, timeoutMs, log, signal) {
  const closed = once(server, 'close')
  server.close()
  log.info('stopping', {signal})
  const deadline = setTimeout(() => {
    log.warn('requests were cut off', {timeoutMs})
    server.closeAllConnections()
  }, timeoutMs)
  await closed
  clearTimeout(deadline)
}
