import {execFile} from 'node:child_process'
import {mkdtempSync, rmSync, writeFileSync} from 'node:fs'
import {tmpdir} from 'node:os'
import {join} from 'node:path'
import {promisify} from 'node:util'
import {optionalTool} from '../../lab/index.ts'

// `npm run lab -- add tflint` builds the tool; without it this is counted as skipped.
const tflint = optionalTool('tflint')
const withTflint = tflint === undefined ? describe.skip : describe
const library = join(import.meta.dirname, '../../terraform')

/** What tflint says about all modules below a folder, a line each. */
async function findings(folder: string): Promise<string[]> {
  const argv = [`--chdir=${folder}`, '--recursive', `--config=${library}/.tflint.hcl`, '--format=compact', '--no-color']
  const {stdout} = await promisify(execFile)(tflint ?? '', argv).catch((error: unknown) => {
    // 2: there are findings. Whatever else is no verdict.
    if ((error as {readonly code: unknown}).code !== 2) throw error
    return error as {readonly stdout: string}
  })
  return stdout.split('\n').filter((line) => /\((?:terraform_\w+)\)$/.test(line))
}

withTflint('tflint, with every rule of the language', () => {
  test('has nothing to say about the library: root, modules and examples', async () => {
    expect(await findings(library)).toEqual([])
  })

  test('says what is wrong with a bad module below the folder', async () => {
    const folder = mkdtempSync(join(tmpdir(), 'slipway-tflint-'))
    try {
      writeFileSync(join(folder, 'main.tf'), 'variable "unused" {\n  type = string\n}\n')
      expect(await findings(folder)).toEqual(
        expect.arrayContaining([expect.stringContaining('terraform_unused_declarations')]),
      )
    } finally {
      rmSync(folder, {recursive: true, force: true})
    }
  })
})
