import {once} from 'node:events'
import {createApp} from './app.js'
import {readConfig} from './config.js'
import {openDatabase} from './database.js'
import {identify} from './identity.js'
import {main, processLog} from './process.js'
import {drain, stopSignal} from './shutdown.js'

await main(async () => {
  const config = readConfig(process.env)
  const log = processLog(config.logLevel)
  const stop = stopSignal()
  const database = openDatabase(config.databaseFile)
  let draining = false
  const server = createApp({database, identity: identify(config, fetch, log), log, draining: () => draining})

  server.listen(config.port)
  await once(server, 'listening')
  log.info('listening', {port: portOf(server), commit: config.commit})

  const signal = await stop
  draining = true
  await drain(server, config.shutdownTimeoutMs, log, signal)
  database.close()
  log.info('stopped')
})

/** @type {(server: import('node:http').Server) => number | null} */
function portOf(server) {
  const address = server.address()
  return address && typeof address === 'object' ? address.port : null
}
