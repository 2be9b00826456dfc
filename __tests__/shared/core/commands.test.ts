import {mkdtempSync, readFileSync, rmSync, writeFileSync} from 'node:fs'
import {tmpdir} from 'node:os'
import {join} from 'node:path'
import {jest} from '@jest/globals'
import * as commands from '../../../actions/shared/core/commands.ts'

function said(body: () => void): string {
  const pieces: string[] = []
  const spy = jest.spyOn(process.stdout, 'write').mockImplementation((piece) => pieces.push(String(piece)) > 0)
  try {
    body()
  } finally {
    spy.mockRestore()
  }
  return pieces.join('')
}

describe('workflow commands', () => {
  it('escapes what would end a command or forge another', () => {
    const line = said(() => {
      commands.error('100 % sure\n::set-output name=x::y\r', {title: 'a:b,c', file: 'x.ts', startLine: 3, endLine: 4})
    })
    expect(line).toBe('::error title=a%3Ab%2Cc,file=x.ts,line=3,endLine=4::100 %25 sure%0A::set-output name=x::y%0D\n')
  })

  it.each([
    [commands.debug, '::debug::t\n'],
    [commands.notice, '::notice::t\n'],
    [commands.warning, '::warning::t\n'],
    [commands.setSecret, '::add-mask::t\n'],
  ])('says %p as the runner reads it', (command, expected) => {
    expect(
      said(() => {
        command('t')
      }),
    ).toBe(expected)
  })

  it('closes a group when its body throws', async () => {
    const pieces: string[] = []
    const spy = jest.spyOn(process.stdout, 'write').mockImplementation((piece) => pieces.push(String(piece)) > 0)
    await expect(commands.group('title', () => Promise.reject(new Error('no')))).rejects.toThrow('no')
    spy.mockRestore()
    expect(pieces.join('')).toBe('::group::title\n::endgroup::\n')
  })
})

describe('outputs and state', () => {
  const saved = {output: process.env['GITHUB_OUTPUT'], state: process.env['GITHUB_STATE']}
  let folder = ''
  beforeEach(() => {
    folder = mkdtempSync(join(tmpdir(), 'commands-'))
    for (const name of ['OUTPUT', 'STATE']) {
      writeFileSync(join(folder, name), '')
      process.env[`GITHUB_${name}`] = join(folder, name)
    }
  })
  afterEach(() => {
    rmSync(folder, {recursive: true})
    for (const [name, value] of Object.entries({GITHUB_OUTPUT: saved.output, GITHUB_STATE: saved.state})) {
      if (value === undefined) Reflect.deleteProperty(process.env, name)
      else process.env[name] = value
    }
  })

  it('writes values of several lines between markers that nobody can guess', () => {
    commands.setOutput('a', 'one\ntwo')
    commands.setOutput('b', 'EOF')
    const markers = [...readFileSync(join(folder, 'OUTPUT'), 'utf8').matchAll(/^(a|b)<<(\S+)\n([\s\S]*?)\n\2$/gm)]
    expect(markers.map((found) => [found[1], found[3]])).toEqual([
      ['a', 'one\ntwo'],
      ['b', 'EOF'],
    ])
    expect(markers[0]?.[2]).not.toBe(markers[1]?.[2])
  })

  it('keeps state apart from outputs', () => {
    commands.saveState('memory', '{}')
    expect(readFileSync(join(folder, 'STATE'), 'utf8')).toMatch(/^memory<<(\S+)\n\{\}\n\1\n$/)
    expect(readFileSync(join(folder, 'OUTPUT'), 'utf8')).toBe('')
  })
})
