import {configurationBefore} from '../../../actions/shared/kubernetes/change/undo.ts'
import {extract, takenOver} from '../../../actions/shared/kubernetes/change/managed-fields.ts'
import {fieldChanges, changeLine} from '../../../actions/shared/kubernetes/change/diff.ts'
import type {Json, JsonObject, KubeObject} from '../../../actions/shared/kubernetes/object.ts'

const ours = (fieldsV1: JsonObject, manager = 'slipway'): KubeObject['metadata'] => ({
  name: 'api',
  namespace: 'shop',
  managedFields: [{manager, operation: 'Apply', fieldsV1}],
})
const image = {'f:spec': {'f:containers': {'k:{"name":"api"}': {'.': {}, 'f:name': {}, 'f:image': {}}}}}
const deployment = (metadata: KubeObject['metadata'], spec: JsonObject): KubeObject => ({
  apiVersion: 'apps/v1',
  kind: 'Deployment',
  metadata,
  spec,
})

describe('what is applied to go back', () => {
  const before = deployment(ours(image), {
    replicas: 7,
    containers: [{name: 'api', image: 'a:1', pulled: true}, {name: 'mesh'}],
  })

  it('holds the values from before, of our fields only', () => {
    const after = deployment(ours(image), {replicas: 7, containers: [{name: 'api', image: 'a:2'}]})
    expect(configurationBefore(before, after, 'slipway')).toEqual({
      apiVersion: 'apps/v1',
      kind: 'Deployment',
      metadata: {name: 'api', namespace: 'shop'},
      spec: {containers: [{name: 'api', image: 'a:1'}]},
    })
  })

  it('gives back what this run took from another manager', () => {
    const owner = {...before, metadata: ours({'f:spec': {'f:replicas': {}}}, 'hpa')}
    const after = deployment(ours({'f:spec': {'f:replicas': {}}}), {replicas: 3})
    expect(configurationBefore(owner, after, 'slipway').spec).toEqual({replicas: 7})
  })

  it('leaves out what this run brought, so that it goes away', () => {
    const both = {'f:spec': {'f:replicas': {}, 'f:paused': {}}}
    const after = deployment(ours(both), {replicas: 3, paused: true})
    expect(configurationBefore(before, after, 'slipway').spec).toEqual({
      replicas: 7,
      containers: [{name: 'api', image: 'a:1'}],
    })
  })
})

it('takes sets and whole lists apart as the API server writes their fields', () => {
  const value: Json = {
    finalizers: ['a', 'b'],
    args: ['x', 'y'],
    ports: [{containerPort: 80, protocol: 'TCP', name: 'n'}],
  }
  const fields = {
    'f:finalizers': {'v:"b"': {}},
    'f:args': {},
    'f:ports': {'k:{"containerPort":80,"protocol":"TCP"}': {'.': {}, 'f:name': {}}},
  }
  expect(extract(value, fields)).toEqual({
    finalizers: ['b'],
    args: ['x', 'y'],
    ports: [{containerPort: 80, protocol: 'TCP', name: 'n'}],
  })
})

it('hands the fields of plain kubectl apply to our manager, and nobody else’s', () => {
  const client = {manager: 'kubectl-client-side-apply', operation: 'Update' as const, fieldsV1: {'f:data': {'f:a': {}}}}
  const other = {manager: 'kube-controller-manager', operation: 'Update' as const, subresource: 'status', fieldsV1: {}}
  const live: KubeObject = {apiVersion: 'v1', kind: 'ConfigMap', metadata: {name: 'c', managedFields: [client, other]}}
  expect(takenOver(live, 'slipway')).toEqual([
    other,
    {
      manager: 'slipway',
      operation: 'Apply',
      apiVersion: 'v1',
      fieldsType: 'FieldsV1',
      fieldsV1: {'f:data': {'f:a': {}}},
    },
  ])
})

describe('what differs', () => {
  const lines = (before: JsonObject, after: JsonObject, kind = 'X'): string[] => {
    const make = (spec: JsonObject): KubeObject => ({apiVersion: 'v1', kind, metadata: {name: 'x'}, ...spec})
    return fieldChanges(make(before), make(after)).map(changeLine)
  }
  it('compares lists of named things by name', () => {
    const one = (env: readonly JsonObject[]): JsonObject => ({spec: {containers: [{name: 'api', env}]}})
    expect(
      lines(
        one([
          {name: 'A', value: '1'},
          {name: 'B', value: '2'},
        ]),
        one([{name: 'B', value: '3'}]),
      ),
    ).toEqual(['− spec.containers[api].env[A]: {"name":"A","value":"1"}', '~ spec.containers[api].env[B].value: 2 → 3'])
  })
  it('compares other lists by place', () => {
    expect(lines({spec: {args: ['a', 'b']}}, {spec: {args: ['a', 'c', 'd']}})).toEqual([
      '~ spec.args[1]: b → c',
      '+ spec.args[2]: d',
    ])
  })
  it('never shows a value of a Secret', () => {
    const shown = lines({data: {a: 'b25l', b: 'x'}}, {data: {a: 'dHdv', b: 'x'}}, 'Secret').join()
    expect(shown).toMatch(/^~ data\.a: \(secret [0-9a-f]{8}\) → \(secret [0-9a-f]{8}\)$/)
  })
  it('takes status, versions and our own notes for no change', () => {
    const meta = (commit: string): JsonObject => ({
      metadata: {name: 'x', resourceVersion: commit, generation: 1, annotations: {'slipway.dev/commit': commit}},
      status: {at: commit},
    })
    expect(lines(meta('a'), meta('b'))).toEqual([])
  })
})
