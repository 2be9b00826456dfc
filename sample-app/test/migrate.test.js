import assert from 'node:assert/strict'
import {writeFileSync} from 'node:fs'
import {join} from 'node:path'
import {DatabaseSync} from 'node:sqlite'
import {test} from 'node:test'
import {fileURLToPath, pathToFileURL} from 'node:url'
import {migrate, openDatabase, readMigrations, schemaVersion} from '../src/database.js'
import {databaseUrl, start, temporaryDirectory} from './support.js'

const shipped = readMigrations(new URL('../migrations/', import.meta.url))

test('the task migrates, and has nothing to do the second time', async (t) => {
  const env = {DATABASE_URL: databaseUrl(t)}
  const first = start(t, 'migrate', env)
  assert.equal(await first.exit, 0)
  assert.deepEqual(first.lines, [
    ...shipped.map(({id, name}) => ({level: 'info', msg: 'migration applied', id, name})),
    {level: 'info', msg: 'the database was migrated', applied: shipped.length, schema: shipped.length},
  ])

  const second = start(t, 'migrate', env)
  assert.equal(await second.exit, 0)
  assert.deepEqual(second.lines, [
    {level: 'info', msg: 'the database is up to date', applied: 0, schema: shipped.length},
  ])

  const database = new DatabaseSync(fileURLToPath(env.DATABASE_URL))
  t.after(() => database.close())
  assert.deepEqual(
    database
      .prepare("SELECT name FROM sqlite_schema WHERE type = 'table' ORDER BY name")
      .all()
      .map(({name}) => name),
    ['migrations', 'streams', 'viewers'],
  )
})

test('two tasks at once apply each migration once', async (t) => {
  const env = {DATABASE_URL: databaseUrl(t)}
  const tasks = [start(t, 'migrate', env), start(t, 'migrate', env)]
  assert.deepEqual(await Promise.all(tasks.map(({exit}) => exit)), [0, 0])
  const applied = tasks.flatMap(({lines}) =>
    lines.filter(({msg}) => msg === 'migration applied').map(({id}) => Number(id)),
  )
  assert.deepEqual(
    applied.toSorted(),
    shipped.map(({id}) => id),
  )
})

test('without DATABASE_URL the task exits 3 with one fatal line', async (t) => {
  const task = start(t, 'migrate', {})
  assert.equal(await task.exit, 3)
  assert.deepEqual(task.lines, [{level: 'fatal', msg: 'DATABASE_URL is not set'}])
})

test('a directory that is not there ends with exit code 4', async (t) => {
  const task = start(t, 'migrate', {DATABASE_URL: 'file:///not-there/streaming.db'})
  assert.equal(await task.exit, 4)
  assert.equal(task.lines.length, 1)
  assert.match(String(task.lines[0]?.msg), /^cannot open the database \/not-there\/streaming\.db: /)
})

test('a file that is no database ends with exit code 4 and stays as it was', async (t) => {
  const file = join(temporaryDirectory(t), 'notes.txt')
  writeFileSync(file, 'these are notes, not a database, and they are longer than a header')
  const task = start(t, 'migrate', {DATABASE_URL: pathToFileURL(file).href})
  assert.equal(await task.exit, 4)
  assert.match(String(task.lines[0]?.msg), /not a database/)
})

test('a failing migration leaves nothing of itself and names itself', (t) => {
  const database = openDatabase(join(temporaryDirectory(t), 'x.db'))
  t.after(() => database.close())
  const good = {id: 1, name: '1-good.sql', sql: 'CREATE TABLE good (id INTEGER);'}
  const bad = {id: 2, name: '2-bad.sql', sql: 'CREATE TABLE half (id INTEGER); INSERT INTO nowhere VALUES (1);'}
  /** @type {string[]} */
  const applied = []
  assert.throws(
    () => migrate(database, [good, bad], ({name}) => applied.push(name)),
    /^DatabaseError: migration 2-bad\.sql failed: /,
  )
  assert.deepEqual(applied, ['1-good.sql'])
  assert.equal(schemaVersion(database), 1)
  assert.equal(database.prepare("SELECT 1 FROM sqlite_schema WHERE name = 'half'").get(), undefined)

  const repaired = {...bad, sql: 'CREATE TABLE half (id INTEGER);'}
  assert.equal(
    migrate(database, [good, repaired], ({name}) => applied.push(name)),
    1,
  )
  assert.deepEqual(applied, ['1-good.sql', '2-bad.sql'])
})

test('an older image does not touch a newer database', (t) => {
  const database = openDatabase(join(temporaryDirectory(t), 'x.db'))
  t.after(() => database.close())
  migrate(database, shipped, () => undefined)
  assert.throws(() => migrate(database, shipped.slice(0, 1), () => undefined), /is at migration 2, this image knows 1/)
})

test('a database that cannot be written is a DatabaseError', (t) => {
  const file = join(temporaryDirectory(t), 'x.db')
  new DatabaseSync(file).close()
  const database = new DatabaseSync(file, {readOnly: true})
  t.after(() => database.close())
  assert.throws(
    () => migrate(database, shipped, () => undefined),
    /^DatabaseError: cannot write the migration journal: /,
  )
})

/** @type {[string, string[], RegExp][]} */
const misnamed = [
  ['a gap', ['1-a.sql', '3-c.sql'], /3-c\.sql should be number 2/],
  ['a duplicate', ['1-a.sql', '1-b.sql'], /1-b\.sql should be number 2/],
  ['another form', ['1-a.sql', 'later.sql'], /later\.sql should be number/],
]
for (const [what, names, message] of misnamed) {
  test(`migrations with ${what} are refused`, (t) => {
    const directory = temporaryDirectory(t)
    for (const name of names) writeFileSync(join(directory, name), 'SELECT 1;')
    assert.throws(() => readMigrations(pathToFileURL(`${directory}/`)), message)
  })
}

test('migrations are ordered by number, not by letter', (t) => {
  const directory = temporaryDirectory(t)
  const names = Array.from({length: 11}, (_, index) => `${index + 1}-step.sql`)
  for (const name of names) writeFileSync(join(directory, name), 'SELECT 1;')
  assert.deepEqual(
    readMigrations(pathToFileURL(`${directory}/`)).map(({name}) => name),
    names,
  )
})
