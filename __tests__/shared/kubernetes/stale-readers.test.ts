import {
  configMark,
  keepConfigMark,
  nextMark,
  withConfigMark,
} from '../../../actions/shared/kubernetes/change/config-mark.ts'
import type {Change} from '../../../actions/shared/kubernetes/change/dry-run.ts'
import {fieldChanges} from '../../../actions/shared/kubernetes/change/diff.ts'
import {staleReaders, staleSentence} from '../../../actions/shared/kubernetes/change/stale-readers.ts'
import type {JsonObject, KubeObject} from '../../../actions/shared/kubernetes/object.ts'

function change(live: KubeObject | undefined, after: KubeObject, namespace = 'shop'): Change {
  const resource = {apiVersion: after.apiVersion, kind: after.kind, plural: 'x', namespaced: true}
  const manifest = {object: after, place: {file: 'x.yaml'}}
  const fields = fieldChanges(live, after)
  const action = live === undefined ? 'create' : fields.length === 0 ? 'same' : 'change'
  const wanted = {manifest, object: after, resource, namespace, path: `/${after.kind}/${after.metadata.name ?? ''}`}
  return {wanted, action, live, after, fields, takeOver: false}
}

const config = (value: string, kind = 'ConfigMap', name = 'app'): KubeObject => ({
  apiVersion: 'v1',
  kind,
  metadata: {name},
  data: {KEY: value},
})
const workload = (container: JsonObject, volumes: readonly JsonObject[] = [], kind = 'Deployment'): KubeObject => ({
  apiVersion: 'apps/v1',
  kind,
  metadata: {name: 'api'},
  spec: {replicas: 1, template: {spec: {containers: [{name: 'api', image: 'a:1', ...container}], volumes}}},
})
const changed = (kind = 'ConfigMap'): Change => change(config('old', kind), config('new', kind))
const mounted = (mount: JsonObject): JsonObject => ({volumeMounts: [{name: 'v', mountPath: '/etc/app', ...mount}]})

describe('who goes on with what it read at its start', () => {
  it.each([
    ['envFrom', 'ConfigMap', {envFrom: [{configMapRef: {name: 'app'}}]}, [], 'start'],
    ['envFrom of a Secret', 'Secret', {envFrom: [{secretRef: {name: 'app'}}]}, [], 'start'],
    [
      'one key',
      'ConfigMap',
      {env: [{name: 'A', valueFrom: {configMapKeyRef: {name: 'app', key: 'KEY'}}}]},
      [],
      'start',
    ],
    ['one key of a Secret', 'Secret', {env: [{valueFrom: {secretKeyRef: {name: 'app', key: 'KEY'}}}]}, [], 'start'],
    ['a volume', 'ConfigMap', mounted({}), [{name: 'v', configMap: {name: 'app'}}], 'files'],
    [
      'a single file of a volume',
      'Secret',
      mounted({subPath: 'KEY'}),
      [{name: 'v', secret: {secretName: 'app'}}],
      'start',
    ],
    [
      'a projected volume',
      'Secret',
      mounted({}),
      [{name: 'v', projected: {sources: [{secret: {name: 'app'}}]}}],
      'files',
    ],
    [
      'a volume and its environment',
      'ConfigMap',
      {...mounted({}), envFrom: [{configMapRef: {name: 'app'}}]},
      [{name: 'v', configMap: {name: 'app'}}],
      'start',
    ],
  ] as const)('%s', (_name, kind, container, volumes, how) => {
    const reader = workload(container, volumes)
    const found = staleReaders([changed(kind), change(reader, reader)])
    expect(found.map((one) => one.how)).toEqual([how])
    expect(staleSentence(found[0]!)).toMatch(new RegExp(`^${kind}/app changed; Deployment/api `))
  })

  const reads = {envFrom: [{configMapRef: {name: 'app'}}]}
  const reader = workload(reads)
  it.each([
    ['a change that starts new pods anyway', [changed(), change(reader, workload({...reads, image: 'a:2'}))]],
    ['a workload that is new', [changed(), change(undefined, reader)]],
    ['a workload without pods', [changed(), change({...reader, spec: {...reader.spec, replicas: 0}}, reader)]],
    ['another namespace', [changed(), change(reader, reader, 'other')]],
    ['a Secret of the same name', [changed('Secret'), change(reader, reader)]],
    [
      'a label of the ConfigMap',
      [change(config('a'), {...config('a'), metadata: {name: 'app', labels: {x: 'y'}}}), change(reader, reader)],
    ],
    [
      'a CronJob, whose next run reads it',
      [changed(), change(workload(reads, [], 'CronJob'), workload(reads, [], 'CronJob'))],
    ],
  ] as const)('not: %s', (_name, changes) => {
    expect(staleReaders(changes)).toEqual([])
  })

  it('a ConfigMap that was optional and is new', () => {
    expect(staleReaders([change(undefined, config('a')), change(reader, reader)])).toHaveLength(1)
  })
})

describe('the mark that restarts pods', () => {
  const plain = workload({})
  it('is another one for other data, and for the same data a second time', () => {
    const first = withConfigMark(plain, nextMark(plain, [config('a')]))
    expect(configMark(first)).toMatch(/^[0-9a-f]{8}$/)
    expect(nextMark(plain, [config('b')])).not.toBe(configMark(first))
    expect(nextMark(first, [config('a')])).not.toBe(configMark(first))
  })
  it('stays when nothing changes: a run without the input must not restart anything', () => {
    const live = withConfigMark(plain, 'abc')
    expect(configMark(keepConfigMark(plain, live))).toBe('abc')
    expect(keepConfigMark(plain, plain)).toBe(plain)
    expect(configMark(keepConfigMark(withConfigMark(plain, 'own'), live))).toBe('own')
  })
})
