import {parseJsonPath, valuesAt} from '../../../actions/shared/kubernetes/watch/json-path.ts'
import {
  checkWaitRules,
  parseWaitRules,
  rateWith,
  rulesFor,
} from '../../../actions/shared/kubernetes/watch/wait-rules.ts'
import type {Json, JsonObject, KubeObject} from '../../../actions/shared/kubernetes/object.ts'

const widget = (status: JsonObject, kind = 'Widget', apiVersion = 'example.com/v1'): KubeObject => ({
  apiVersion,
  kind,
  metadata: {name: 'main', generation: 2},
  spec: {replicas: 0},
  status,
})
const conditions = (status: string, observedGeneration?: number): JsonObject => ({
  conditions: [{type: 'Synced', status, message: 'syncing', ...(observedGeneration && {observedGeneration})}],
})
const rated = (line: string, object: KubeObject): {state: string; says: string} =>
  rateWith(object, rulesFor(object, parseWaitRules([line])))

describe('a rule for a kind', () => {
  it.each([
    ['Widget: condition=Synced', conditions('True'), 'done'],
    ['widget: condition=Synced', conditions('False'), 'waiting'],
    ['Widget: condition=Synced=False', conditions('False'), 'done'],
    ['Widget: condition=Synced', {}, 'waiting'],
    ['Widget: condition=Synced', conditions('True', 1), 'waiting'],
    ['Widget: condition=Synced', {...conditions('True'), observedGeneration: 1}, 'waiting'],
    ['Widget.example.com: condition=Synced', conditions('True'), 'done'],
    ['Widget/main: jsonpath={.status.phase}=Up', {phase: 'Up'}, 'done'],
    ["Widget/main: jsonpath='{.status.phase}'=Up", {phase: 'Up'}, 'done'],
    ['Widget: jsonpath={.status.phase}=Up', {phase: 'Starting'}, 'waiting'],
    ['Widget: jsonpath={.status.phase}', {phase: 'Starting'}, 'done'],
    ['Widget: jsonpath={.status.phase}', {}, 'waiting'],
    ['Widget: jsonpath=.status.ready=3', {ready: 3}, 'done'],
    ['Widget: fail jsonpath={.status.phase}=Broken', {phase: 'Broken'}, 'failed'],
    ['Widget: fail jsonpath={.status.phase}=Broken', {phase: 'Up'}, 'done'],
    ['Widget: fail condition=Synced=False', conditions('False'), 'failed'],
    ['Widget: jsonpath={.status.nodes[*].up}=true', {nodes: [{up: true}, {up: false}]}, 'waiting'],
  ] as const)('%s with %j is %s', (line, status, state) => {
    expect(rated(line, widget(status)).state).toBe(state)
  })

  it('says what it waits for and what there is', () => {
    expect(rated('Widget: jsonpath={.status.phase}=Up', widget({phase: 'Starting'})).says).toBe(
      'waiting for status.phase=Up, now Starting',
    )
    expect(rated('Widget: condition=Synced', widget(conditions('False'))).says).toBe(
      'waiting for condition Synced=True, now False (syncing)',
    )
  })

  it('takes the place of the Ready condition of a kind that only the user knows', () => {
    const never = widget({phase: 'Up', conditions: [{type: 'Ready', status: 'False'}]})
    expect(rated('Widget: jsonpath={.status.phase}=Up', never).state).toBe('done')
    expect(rated('Widget/other: jsonpath={.status.phase}=Up', never).state).toBe('waiting')
  })

  it('comes beside the rules of a kind of the cluster itself', () => {
    const deployment = (observedGeneration: number): KubeObject =>
      widget({observedGeneration, ...conditions('True')}, 'Deployment', 'apps/v1')
    expect(rated('Deployment: condition=Synced', deployment(1)).state).toBe('waiting')
    expect(rated('Deployment: condition=Synced', deployment(2)).state).toBe('done')
    const config = widget({}, 'ConfigMap', 'v1')
    expect(rated('ConfigMap: jsonpath={.metadata.annotations}', config).state).toBe('waiting')
  })
})

it.each([
  ['Widget', 'write "Kind: condition=Ready"'],
  ['Widget: ready', 'write "Kind: condition=Ready"'],
  ['Widget: jsonpath={.status..phase}=Up', 'is not understood at "..phase"'],
  ['Widget: jsonpath={range .items}=1', 'is not understood at'],
])('"%s" is refused: %s', (line, message) => {
  expect(() => parseWaitRules([line])).toThrow(message)
})

it('a rule for nothing in the manifests is a mistake, not a wait for nothing', () => {
  const rules = parseWaitRules(['Wigdet: condition=Ready'])
  expect(() => {
    checkWaitRules(rules, [widget({})])
  }).toThrow('but the manifests have no such object: Widget/main.')
  expect(() => {
    checkWaitRules(parseWaitRules(['Widget/main: condition=Ready']), [widget({})])
  }).not.toThrow()
})

describe('a path', () => {
  const value: Json = {
    a: [
      {t: 'x', n: 1},
      {t: 'y', n: 2},
    ],
    'b.c/d': 'e',
    m: {k1: 1, k2: 2},
  }
  it.each([
    ['{.a[0].n}', [1]],
    ['{.a[-1].n}', [2]],
    ['$.a[*].n', [1, 2]],
    ['{.a[?(@.t=="y")].n}', [2]],
    ['{.a[?(@.n == 1)].t}', ['x']],
    ["{['b.c/d']}", ['e']],
    ['{.m.*}', [1, 2]],
    ['{.gone.further}', []],
  ] as const)('%s leads to %j', (path, found) => {
    expect(valuesAt(value, parseJsonPath(path))).toEqual(found)
  })
})
