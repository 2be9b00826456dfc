import {mkdirSync, mkdtempSync, rmSync, writeFileSync} from 'node:fs'
import {createServer} from 'node:http'
import type {AddressInfo} from 'node:net'
import {tmpdir} from 'node:os'
import {join} from 'node:path'
import {createHash} from 'node:crypto'
import {readManifestSet} from '../../../actions/shared/kubernetes/manifests/manifest-set.ts'
import {readSources} from '../../../actions/shared/kubernetes/manifests/sources.ts'
import {title} from '../../../actions/shared/kubernetes/object.ts'

const config = (name: string): string => `apiVersion: v1\nkind: ConfigMap\nmetadata:\n  name: ${name}\n`

describe('what a text holds', () => {
  const titles = (text: string): string[] =>
    readManifestSet([{file: 'x.yaml', text}], [], []).manifests.map(({object}) => title(object))

  it('reads several documents and passes over comments', () => {
    expect(titles(`# a\n---\n${config('a')}---\n# only words\n---\n${config('b')}...\n`)).toEqual([
      'ConfigMap/a',
      'ConfigMap/b',
    ])
  })
  it('flattens lists, also typed ones', () => {
    const item = (name: string): string => `{apiVersion: v1, kind: ConfigMap, metadata: {name: ${name}}}`
    expect(titles(`kind: List\nitems: [${item('a')}, {kind: ConfigMapList, items: [${item('b')}]}]`)).toEqual([
      'ConfigMap/a',
      'ConfigMap/b',
    ])
  })
  it('reads JSON and generated names', () => {
    expect(titles('{"apiVersion":"batch/v1","kind":"Job","metadata":{"generateName":"migrate-"}}')).toEqual([
      'Job/migrate-*',
    ])
  })
  it('says where each object stands', () => {
    const {manifests} = readManifestSet([{file: 'x.yaml', text: `${config('a')}---\n${config('b')}`}], [], [])
    expect(manifests.map(({place}) => place.line)).toEqual([1, 6])
  })
  it.each([
    ['', 'There is no Kubernetes object in x.yaml'],
    ['- 1\n', 'x.yaml:1 is not an object'],
    ['kind: A\nmetadata: {name: a}\n', 'The object at x.yaml:1 has no apiVersion'],
    ['apiVersion: v1\nmetadata: {name: a}\n', 'has no kind'],
    ['apiVersion: v1\nkind: A\n', 'has no metadata'],
    ['apiVersion: v1\nkind: A\nmetadata: {}\n', 'The A at x.yaml:1 has no metadata.name'],
    [`${config('a')}---\n${config('a')}`, 'ConfigMap/a is given twice, at x.yaml:1 and x.yaml:6'],
  ])('%j', (text, message) => {
    expect(() => titles(text)).toThrow(message)
  })
})

describe('where texts come from', () => {
  let root = ''
  beforeEach(() => {
    root = mkdtempSync(join(tmpdir(), 'sources-'))
    mkdirSync(join(root, 'k8s/deep'), {recursive: true})
    mkdirSync(join(root, 'overlay'))
    mkdirSync(join(root, 'empty'))
    writeFileSync(join(root, 'k8s/app.yaml'), config('a'))
    writeFileSync(join(root, 'k8s/deep/app.yaml'), config('b'))
    writeFileSync(join(root, 'k8s/notes.md'), 'no')
    writeFileSync(join(root, 'k8s/x.json'), '{}')
    writeFileSync(join(root, 'overlay/kustomization.yaml'), 'resources: []')
  })
  afterEach(() => {
    rmSync(root, {recursive: true})
  })
  const files = async (...names: string[]): Promise<string[]> => (await readSources(root, names)).map(({file}) => file)

  it('reads folders with all below them, two files of one name as two', async () => {
    expect(await files('k8s')).toEqual(['k8s/app.yaml', 'k8s/deep/app.yaml', 'k8s/x.json'])
  })
  it('reads patterns, and each file once', async () => {
    expect(await files('k8s/**/*.yaml', 'k8s/app.yaml')).toEqual(['k8s/app.yaml', 'k8s/deep/app.yaml'])
  })
  it.each([
    ['gone.yaml', 'names "gone.yaml", which is no file, no folder and matches nothing'],
    ['k8s/*.yml', 'matches nothing'],
    ['empty', 'which holds no .yaml, .yml or .json file'],
    ['overlay', 'give it as "kustomize:" instead'],
  ])('%s', async (name, message) => {
    await expect(readSources(root, [name])).rejects.toThrow(message)
  })

  it('follows redirects, checks the pin and refuses errors', async () => {
    const server = createServer((request, response) => {
      if (request.url === '/moved') response.writeHead(302, {location: '/real'}).end()
      else if (request.url === '/real') response.end(config('u'))
      else response.writeHead(404).end()
    })
    await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve))
    const base = `http://127.0.0.1:${String((server.address() as AddressInfo).port)}`
    const sha = createHash('sha256').update(config('u')).digest('hex')
    try {
      expect(await readSources(root, [`${base}/moved#sha256=${sha}`])).toEqual([
        {file: `${base}/moved`, text: config('u')},
      ])
      await expect(readSources(root, [`${base}/real#sha256=${'0'.repeat(64)}`])).rejects.toThrow(`has sha256=${sha}`)
      await expect(readSources(root, [`${base}/none`])).rejects.toThrow('it answers 404 Not Found')
    } finally {
      server.close()
    }
  })
})
