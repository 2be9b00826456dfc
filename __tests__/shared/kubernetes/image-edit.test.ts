import fc from 'fast-check'
import {setImages} from '../../../actions/shared/kubernetes/manifests/image-edit.ts'
import {fullRepository, parseImage} from '../../../actions/shared/core/image-reference.ts'
import {parseImagePaths, parseImageRules} from '../../../actions/shared/kubernetes/manifests/image-rules.ts'
import {readManifestSet} from '../../../actions/shared/kubernetes/manifests/manifest-set.ts'
import {parseYaml, yamlValue} from '../../../actions/shared/kubernetes/manifests/yaml.ts'

const DIGEST = `sha256:${'ab'.repeat(32)}`
const set = (text: string, images: readonly string[], paths: readonly string[] = []): string =>
  setImages(text, 'x.yaml', parseImageRules(images), parseImagePaths(paths)).text

const deployment = (containers: string, head = ''): string =>
  `${head}apiVersion: apps/v1\nkind: Deployment\nmetadata: {name: app}\nspec:\n  template:\n    spec:\n      containers:\n${containers}`

describe('references', () => {
  it.each([
    ['nginx', {repository: 'nginx'}],
    ['nginx:1.2', {repository: 'nginx', tag: '1.2'}],
    ['localhost:5000/app', {repository: 'localhost:5000/app'}],
    ['localhost:5000/app:1', {repository: 'localhost:5000/app', tag: '1'}],
    [`r.example/team/app:1@${DIGEST}`, {repository: 'r.example/team/app', tag: '1', digest: DIGEST}],
  ])('%s', (text, parts) => {
    expect(parseImage(text)).toEqual(parts)
  })

  it.each([
    ['nginx', 'docker.io/library/nginx'],
    ['team/app', 'docker.io/team/app'],
    ['docker.io/library/nginx', 'docker.io/library/nginx'],
    ['index.docker.io/library/nginx', 'docker.io/library/nginx'],
    ['localhost/app', 'localhost/app'],
    ['localhost:5000/app', 'localhost:5000/app'],
  ])('%s is %s', (short, full) => {
    expect(fullRepository(short)).toBe(full)
  })
})

describe('setting images', () => {
  it('changes the image and nothing else, byte for byte', () => {
    const text = deployment(
      `        # the app\n        - {name: api,   image: "app:1"} # keep\n        - name: b\n          image:   'app'\n`,
      '# head\r\n',
    )
    expect(set(text, [`app=r.example/app@${DIGEST}`])).toBe(
      text.replace('"app:1"', `"r.example/app@${DIGEST}"`).replace("'app'", `'r.example/app@${DIGEST}'`),
    )
  })

  it('leaves other images of the same registry alone (k8s-deploy took "localhost" for the name)', () => {
    const text = deployment('        - image: localhost:5000/app:0\n        - image: localhost:5000/other:0\n')
    expect(set(text, ['localhost:5000/app:1'])).toBe(text.replace('app:0', 'app:1'))
  })

  it('sees init containers, cron jobs, lists and KEDA jobs', () => {
    const cron = `kind: CronJob\nspec: {jobTemplate: {spec: {template: {spec: {initContainers: [{image: a}], containers: [{image: a:1}]}}}}}\n`
    const scaled = `kind: ScaledJob\nspec: {jobTargetRef: {template: {spec: {containers: [{image: a}]}}}}\n`
    const list = `kind: List\nitems:\n- kind: Pod\n  spec: {containers: [{image: a}]}\n`
    const text = [cron, scaled, list].join('---\n')
    expect(set(text, ['a=b:2'])).toBe(text.replace(/image: a(:1)?/g, 'image: b:2'))
  })

  it('edits an aliased image at its anchor, once', () => {
    const text = deployment('        - image: &img app:1\n        - image: *img\n')
    expect(set(text, ['app:2'])).toBe(text.replace('app:1', 'app:2'))
  })

  it('reaches custom paths, of one kind only when asked', () => {
    const text = 'kind: Prometheus\nspec: {image: p:1, side: [{image: p:1}]}\n---\nkind: Other\nspec: {image: p:1}\n'
    expect(set(text, ['p:2'], ['Prometheus:spec.image', 'spec.side.*.image'])).toBe(
      'kind: Prometheus\nspec: {image: p:2, side: [{image: p:2}]}\n---\nkind: Other\nspec: {image: p:1}\n',
    )
  })

  it('keeps everything but images the same for any content', () => {
    const value = fc.constantFrom(
      '0644',
      'yes',
      'on',
      '12:30:45',
      '1e3',
      '"x"',
      "'y'",
      '~',
      '1_000',
      '!!str 5',
      '|\n    a\n    b',
    )
    const comment = fc.constantFrom('', ' # note', ' # image: app:1')
    const document = fc.tuple(fc.array(fc.tuple(value, comment), {maxLength: 6}), fc.constantFrom('\n', '\r\n'))
    fc.assert(
      fc.property(fc.array(document, {minLength: 1, maxLength: 3}), (documents) => {
        const text = documents
          .map(([entries, eol]) => {
            const data = entries.map(([one, note], at) => `  k${String(at)}: ${one}${one.startsWith('|') ? '' : note}`)
            return ['kind: Pod', 'data:', ...data, 'spec:', '  containers:', '  - image: app:1  # here'].join(eol)
          })
          .join('\n---\n')
        const edited = set(text, ['app=r.example:5000/app:2'])
        expect(edited).toBe(text.replaceAll('- image: app:1  # here', '- image: r.example:5000/app:2  # here'))
        const strip = (from: string): string =>
          JSON.stringify(parseYaml(from, 'x').map(yamlValue)).replaceAll('r.example:5000/app:2', 'app:1')
        expect(strip(edited)).toBe(strip(text))
      }),
    )
  })
})

describe('wrong wishes', () => {
  const source = {file: 'k8s/app.yaml', text: deployment('        - image: app:1\n')}
  it('an image that no manifest uses is an error that says which ones they use', () => {
    expect(() => readManifestSet([source], parseImageRules(['ap=app:2']), [])).toThrow(
      'Input "images" has "ap=app:2", but no manifest uses the image "docker.io/library/ap": they name app:1.',
    )
  })
  it.each([
    [['app'], 'without a tag or a digest'],
    [['app=not an image'], 'which names no repository: "not an image" is none. Write name=repository@sha256:digest'],
    [['app='], 'which has an empty side: is the output set that it comes from?'],
    [['app=r.example/a@'], 'the digest behind it is empty'],
    [['app=Node:24'], 'which has capitals in its name: use "node"'],
    [['app=a:1', 'docker.io/library/app:2'], 'twice'],
  ])('%j', (images, message) => {
    expect(() => parseImageRules(images)).toThrow(message)
  })
})
