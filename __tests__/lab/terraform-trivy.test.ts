import {execFile} from 'node:child_process'
import {mkdtempSync, rmSync, writeFileSync} from 'node:fs'
import {tmpdir} from 'node:os'
import {join} from 'node:path'
import {promisify} from 'node:util'
import {jest} from '@jest/globals'
import {optionalTool} from '../../lab/index.ts'

// `npm run lab -- add trivy-config` builds the tool; without it this is counted as skipped.
const trivy = optionalTool('trivy-config')
const withTrivy = trivy === undefined ? describe.skip : describe
const library = join(import.meta.dirname, '../../terraform')
// It compiles its checks anew each time: four seconds on a machine that does nothing else.
jest.setTimeout(120_000)

/** What trivy finds in all modules below a folder, a line each: `AWS-0031 HIGH modules/registry/main.tf:3`. */
async function findings(folder: string): Promise<string[]> {
  const {stdout} = await promisify(execFile)(trivy ?? '', [folder]).catch((error: unknown) => {
    // 2: there are findings. Whatever else is no verdict.
    if ((error as {readonly code: unknown}).code !== 2) throw error
    return error as {readonly stdout: string}
  })
  return stdout.split('\n').filter(Boolean).map(told)
}

function told(line: string): string {
  const {id, severity, file, line: at} = JSON.parse(line) as Record<'id' | 'severity' | 'file' | 'line', string>
  return `${id} ${severity} ${file}:${at}`
}

async function inFolder<T>(config: string, work: (folder: string) => Promise<T>): Promise<T> {
  const folder = mkdtempSync(join(tmpdir(), 'slipway-trivy-'))
  try {
    writeFileSync(join(folder, 'main.tf'), config)
    return await work(folder)
  } finally {
    rmSync(folder, {recursive: true, force: true})
  }
}

withTrivy('trivy config, with every check that it embeds', () => {
  test('has nothing to say about the library: root, modules and examples', async () => {
    expect(await findings(library)).toEqual([])
  })

  test('says what is wrong with a bad module below the folder', async () => {
    const config = 'resource "aws_ecr_repository" "open" {\n  name = "open"\n}\n'
    expect(await inFolder(config, findings)).toEqual(
      expect.arrayContaining([expect.stringMatching(/^AWS-0031 HIGH main\.tf:\d+$/)]),
    )
  })

  test('takes no configuration that it cannot read for a clean one', async () => {
    await expect(inFolder('resource "aws_ecr_repository" {', findings)).rejects.toThrow()
  })
})
