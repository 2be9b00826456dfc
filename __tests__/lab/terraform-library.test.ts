import {jest} from '@jest/globals'
import {execFile} from 'node:child_process'
import {cpSync, existsSync, mkdtempSync, readdirSync, rmSync} from 'node:fs'
import {tmpdir} from 'node:os'
import {join} from 'node:path'
import {promisify} from 'node:util'
import {labEnvironment} from '../../lab/index.ts'

// The lab has the provider on disk; what is tested here needs neither its cloud nor any other.
jest.setTimeout(600_000)

const library = join(import.meta.dirname, '../../terraform')
const {vars} = labEnvironment()
const env = {
  ...process.env,
  PATH: vars['PATH'],
  ...(vars['TF_CLI_CONFIG_FILE'] !== undefined && {TF_CLI_CONFIG_FILE: vars['TF_CLI_CONFIG_FILE']}),
  CHECKPOINT_DISABLE: '1',
}
const folders = (kind: string): string[] => readdirSync(join(library, kind)).map((name) => `${kind}/${name}`)
const roots = ['.', ...folders('modules'), ...folders('examples')]

let copy: string
beforeAll(() => {
  copy = mkdtempSync(join(tmpdir(), 'slipway-library-'))
  cpSync(library, copy, {recursive: true, filter: (file) => !file.endsWith('.terraform')})
})
afterAll(() => {
  rmSync(copy, {recursive: true, force: true})
})

/** What the command said when it failed; empty when it did not. */
async function complaint(folder: string, ...argv: string[]): Promise<string> {
  const run = promisify(execFile)('terraform', argv, {cwd: join(copy, folder), env})
  return await run.then(
    () => '',
    (error: unknown) => {
      const {stdout, stderr} = error as {readonly stdout: string; readonly stderr: string}
      return `terraform ${argv.join(' ')} in ${folder}\n${stdout}${stderr}`
    },
  )
}

test('every file is formatted', async () => {
  expect(await complaint('.', 'fmt', '-check', '-recursive')).toBe('')
})

test('every module has tests', () => {
  expect(roots.filter((root) => root.startsWith('modules/') && !existsSync(join(library, root, 'tests')))).toEqual([])
})

test.each(roots)('%s is valid, and its tests pass', async (root) => {
  expect(await complaint(root, 'init', '-backend=false', '-input=false', '-no-color')).toBe('')
  expect(await complaint(root, 'validate', '-no-color')).toBe('')
  if (existsSync(join(copy, root, 'tests'))) expect(await complaint(root, 'test', '-no-color')).toBe('')
})
