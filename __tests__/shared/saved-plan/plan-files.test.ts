import {mkdirSync, mkdtempSync, readFileSync, rmSync, statSync, symlinkSync, writeFileSync} from 'node:fs'
import {tmpdir} from 'node:os'
import {join} from 'node:path'
import {checkPatterns, gatherFiles, restoreFiles} from '../../../actions/shared/saved-plan/plan-files.ts'

let room: string
let folder: string
beforeEach(() => {
  room = mkdtempSync(join(tmpdir(), 'slipway-files-'))
  folder = join(room, 'infra')
  mkdirSync(folder)
})
afterEach(() => {
  rmSync(room, {recursive: true, force: true})
})
const write = (path: string, text = 'x', mode = 0o644): void => {
  mkdirSync(join(folder, path, '..'), {recursive: true})
  writeFileSync(join(folder, path), text, {mode})
}

test.each(['../x.zip', '/etc/passwd', 'build/../../x', '..\\x'])(
  '%s leads out of the root module and is refused',
  (pattern) => {
    expect(() => checkPatterns([pattern])).toThrow(
      /^Input "plan-files" has ".*", which leads out of "working-directory"/,
    )
  },
)

test('what the patterns name is taken, in folders too; providers and folders never are, and a pattern in vain is named', async () => {
  for (const path of ['a.zip', 'build/deep/b.zip', 'main.tf', '.terraform/providers/c.zip', 'dir.zip/keep']) write(path)
  write('run.sh', '#!/bin/sh', 0o755)
  const {files, unmatched} = await gatherFiles(folder, ['**/*.zip', 'run.sh', 'none/*'])
  expect([...files.keys()]).toEqual(['file:a.zip', 'file:build/deep/b.zip', 'program:run.sh'])
  expect(unmatched).toEqual(['none/*'])
})

test('they come back with their content, over what stands there, and a program can still be run', async () => {
  write('build/a.zip', 'new')
  write('run.sh', '#!/bin/sh', 0o755)
  const {files} = await gatherFiles(folder, ['build/*', 'run.sh'])
  rmSync(folder, {recursive: true})
  write('build/a.zip', 'old')
  expect(await restoreFiles(folder, new Map([['plan.tfplan', Buffer.from('p')], ...files]))).toEqual([
    'build/a.zip',
    'run.sh',
  ])
  expect(readFileSync(join(folder, 'build/a.zip'), 'utf8')).toBe('new')
  expect(statSync(join(folder, 'run.sh')).mode & 0o777).toBe(0o700)
})

test('a link to outside is neither read at plan nor followed at apply', async () => {
  writeFileSync(join(room, 'secret'), 's3cr3t')
  mkdirSync(join(room, 'elsewhere'))
  symlinkSync(join(room, 'secret'), join(folder, 'a.zip'))
  await expect(gatherFiles(folder, ['*.zip'])).rejects.toThrow('"a.zip" is outside of the root module')
  symlinkSync(join(room, 'elsewhere'), join(folder, 'build'))
  const link = new Map([['file:build/a.zip', Buffer.from('x')]])
  await expect(restoreFiles(folder, link)).rejects.toThrow('"build/a.zip" is outside')
  expect(await restoreFiles(folder, new Map([['file:a.zip', Buffer.from('x')]]))).toEqual(['a.zip'])
  expect(readFileSync(join(room, 'secret'), 'utf8')).toBe('s3cr3t')
})

test.each(['../x', '/x', 'a/../../x', '.git/hooks/x', '.terraform/x', 'a//x'])(
  'a plan that was changed cannot write to %s',
  async (path) => {
    await expect(restoreFiles(folder, new Map([[`program:${path}`, Buffer.from('x')]]))).rejects.toThrow(
      'is outside of the root',
    )
  },
)
