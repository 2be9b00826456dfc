import {spawnSync} from 'node:child_process'
import {mkdtempSync, rmSync, writeFileSync} from 'node:fs'
import {tmpdir} from 'node:os'
import {join} from 'node:path'
import fc from 'fast-check'
import {parseYaml, yamlValue} from '../../../actions/shared/kubernetes/manifests/yaml.ts'

const first = (text: string): unknown => yamlValue(parseYaml(text, 'x.yaml')[0] as never)

describe('scalars are read as Kubernetes reads them', () => {
  // Every row was checked against `kubectl annotate --local -o json` (1.32).
  const rows: readonly (readonly [string, unknown])[] = [
    ['0644', 420],
    ['-0644', -420],
    ['0o17', 15],
    ['0899', 899],
    ['0x1F', 31],
    ['0b11', 3],
    ['1_000', 1000],
    ['+5', 5],
    ['yes', true],
    ['No', false],
    ['on', true],
    ['y', true],
    ['"yes"', 'yes'],
    ["'a'", 'a'],
    ['~', null],
    ['', null],
    ['12:30:45', '12:30:45'],
    ['2020-01-01', '2020-01-01'],
    ['1e3', 1000],
    ['1.', 1],
    ['.5', 0.5],
    ['1_0.5', 10.5],
    ['_1', '_1'],
    ['!!str 5', '5'],
  ]
  it.each(rows)('%s', (text, value) => {
    expect(first(`a: ${text}\n`)).toEqual({a: value})
  })

  it('turns keys into text as kubectl does', () => {
    expect(first('y: 1\nn:\n5: 5\n0644: x\n')).toEqual({true: 1, false: null, 5: 5, 420: 'x'})
  })
})

describe('what is no YAML', () => {
  it('names the file and the line', () => {
    expect(() => parseYaml('a: 1\nb: [1,\nc: 2\n', 'k8s/app.yaml')).toThrow(
      /^k8s\/app\.yaml, line \d+, is not valid YAML: /,
    )
  })

  it('refuses a number that would change when it is read', () => {
    expect(() => parseYaml('a: 9007199254740993\n', 'x.yaml')).toThrow('put it in quotes')
  })

  it('gives a comment-only document as null', () => {
    expect(parseYaml('a: 1\n---\n# c\n---\nb: 2\n', 'x').map(yamlValue)).toEqual([{a: 1}, null, {b: 2}])
  })
})

it.each([
  ['.6_4', 0.64],
  ['.17E0_5', 17000],
  ['.6__4', '.6__4'],
  ['._6', '._6'],
  ['.6_', '.6_'],
  ['-0', 0],
  ['-0.0', 0],
])('reads %s as Go does', (text, value) => {
  expect(first(`a: ${text}\n`)).toEqual({a: value})
})

const kubectl = spawnSync('kubectl', ['version', '--client'], {encoding: 'utf8'}).status === 0
const withKubectl = kubectl ? it : it.skip

withKubectl('reads any plain scalar as kubectl itself does', () => {
  const scalar = fc.stringMatching(/^[-+.]?[0-9A-Za-z_]{1,6}([.:eE][-+]?[0-9_]{1,3})?$/)
  const samples = fc.sample(scalar, 400).filter((text) => !/^[-+]?\.(?:nan|inf)$/i.test(text))
  const folder = mkdtempSync(join(tmpdir(), 'yaml-'))
  const text = `apiVersion: v1\nkind: ConfigMap\nmetadata: {name: x}\ndata:\n${samples.map((one, at) => `  k${String(at)}: ${one}`).join('\n')}\n`
  try {
    writeFileSync(join(folder, 'x.yaml'), text)
    const argv = ['annotate', '--local', '-f', join(folder, 'x.yaml'), 'a=b', '-o', 'json']
    const {stdout} = spawnSync('kubectl', argv, {encoding: 'utf8'})
    const theirs = (JSON.parse(stdout) as {data: unknown}).data
    expect((first(text) as {data: unknown}).data).toEqual(theirs)
  } finally {
    rmSync(folder, {recursive: true})
  }
})

test('"Unexpected error: Unresolved alias" was said of a manifest: it is named as a mistake in the YAML', () => {
  expect(() => parseYaml('a: *nothing', 'app.yaml').map(yamlValue)).toThrow(
    /document at line 1 is not valid: Unresolved alias/,
  )
})
