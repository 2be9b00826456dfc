import {readFileSync, readdirSync} from 'node:fs'
import {DatabaseSync} from 'node:sqlite'
import {messageOf} from './log.js'

/** The database cannot be opened or changed. The process ends with exit code 4. */
export class DatabaseError extends Error {
  name = 'DatabaseError'
  exitCode = 4
}

/** @typedef {{ id: number, name: string, sql: string }} Migration */

/**
 * Opens the SQLite file, creating it when its directory is there.
 *
 * @param {string} file absolute path
 * @returns {DatabaseSync} to be closed by the caller
 * @throws {DatabaseError} when the file cannot be opened or is no database
 */
export function openDatabase(file) {
  return attempt(`cannot open the database ${file}`, () => {
    // Waits up to 5 s for another writer instead of failing on the first lock.
    const database = new DatabaseSync(file, {timeout: 5000})
    database.prepare('SELECT count(*) FROM sqlite_schema').get()
    return database
  })
}

/**
 * The id of the newest applied migration; 0 for a database that was never migrated.
 *
 * @param {DatabaseSync} database
 * @returns {number}
 * @throws when the database no longer answers
 */
export function schemaVersion(database) {
  const journal = database.prepare("SELECT 1 FROM sqlite_schema WHERE type = 'table' AND name = 'migrations'").get()
  if (!journal) return 0
  return Number(database.prepare('SELECT coalesce(max(id), 0) AS id FROM migrations').get()?.id)
}

/**
 * The migrations in a directory, in order. They are named `<number>-<name>.sql` and numbered 1, 2, 3 without a gap, so
 * that two branches that both add number 4 collide here and not in production.
 *
 * @param {URL} directory ends with a slash
 * @returns {Migration[]}
 * @throws {DatabaseError} on a gap, a duplicate or a name of another form
 */
export function readMigrations(directory) {
  const names = readdirSync(directory).toSorted((a, b) => Number.parseInt(a, 10) - Number.parseInt(b, 10))
  return names.map((name, index) => {
    const id = Number(/^(\d+)-[a-z0-9-]+\.sql$/.exec(name)?.[1])
    if (id !== index + 1) {
      throw new DatabaseError(
        `migration ${name} should be number ${index + 1}: name it <number>-<name>.sql, without gaps`,
      )
    }
    return {id, name, sql: readFileSync(new URL(name, directory), 'utf8')}
  })
}

/**
 * Applies what is missing, each migration with its journal entry in one transaction: a failed one leaves nothing behind
 * and a second run goes on from there.
 *
 * @param {DatabaseSync} database
 * @param {readonly Migration[]} migrations in order
 * @param {(migration: Migration) => void} onApplied
 * @returns {number} how many were applied
 * @throws {DatabaseError} naming the migration that failed
 */
export function migrate(database, migrations, onApplied) {
  attempt('cannot write the migration journal', () => {
    database.exec('CREATE TABLE IF NOT EXISTS migrations (id INTEGER PRIMARY KEY, name TEXT NOT NULL)')
  })
  const current = schemaVersion(database)
  if (current > migrations.length) {
    throw new DatabaseError(
      `the database is at migration ${current}, this image knows ${migrations.length}: deploy a newer image`,
    )
  }
  let applied = 0
  for (const migration of migrations.slice(current)) {
    if (!attempt(`migration ${migration.name} failed`, () => apply(database, migration))) continue
    onApplied(migration)
    applied += 1
  }
  return applied
}

/**
 * Whether this call applied it: another task may have done so since the list was made, which only the lock of the
 * transaction can tell.
 *
 * @type {(database: DatabaseSync, migration: Migration) => boolean}
 */
function apply(database, {id, name, sql}) {
  database.exec('BEGIN IMMEDIATE')
  try {
    const missing = schemaVersion(database) < id
    if (missing) {
      database.exec(sql)
      database.prepare('INSERT INTO migrations (id, name) VALUES (?, ?)').run(id, name)
    }
    database.exec('COMMIT')
    return missing
  } catch (error) {
    // SQLite has already rolled back by itself after some errors (a full disk, for one).
    if (database.isTransaction) database.exec('ROLLBACK')
    throw error
  }
}

/**
 * @template T
 * @param {string} what
 * @param {() => T} work
 * @returns {T}
 */
function attempt(what, work) {
  try {
    return work()
  } catch (error) {
    throw new DatabaseError(`${what}: ${messageOf(error)}`, {cause: error})
  }
}
