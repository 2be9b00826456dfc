import {readConfig} from './config.js'
import {migrate, openDatabase, readMigrations} from './database.js'
import {main, processLog} from './process.js'

/** The one-off task of a delivery: brings the database to the schema that this image expects. */
await main(() => {
  const config = readConfig(process.env)
  const log = processLog(config.logLevel)
  const migrations = readMigrations(new URL('../migrations/', import.meta.url))
  const database = openDatabase(config.databaseFile)
  try {
    const applied = migrate(database, migrations, ({id, name}) => log.info('migration applied', {id, name}))
    log.info(applied === 0 ? 'the database is up to date' : 'the database was migrated', {
      applied,
      schema: migrations.length,
    })
  } finally {
    database.close()
  }
})
