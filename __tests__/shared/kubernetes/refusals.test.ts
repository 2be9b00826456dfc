import type {Failure} from '../../../actions/shared/core/diagnosis.ts'
import {clusterFailure} from '../../../actions/shared/kubernetes/api/cluster-failure.ts'
import {KubeError} from '../../../actions/shared/kubernetes/api/kube-error.ts'
import {explainRefusal} from '../../../actions/shared/kubernetes/change/dry-run.ts'
import type {Wanted} from '../../../actions/shared/kubernetes/change/wanted.ts'

const wanted = (kind = 'Service'): Wanted => {
  const object = {apiVersion: 'v1', kind, metadata: {name: 'app'}}
  const resource = {apiVersion: 'v1', kind, plural: 'x', namespaced: true}
  return {manifest: {object, place: {file: 'a.yaml'}}, object, resource, namespace: 'default', path: '/x'}
}
const causes = [{reason: 'FieldManagerConflict', message: 'conflict with "argocd"', field: '.spec.replicas'}]
const conflict = JSON.stringify({kind: 'Status', message: 'Apply failed', details: {causes}})

it.each([
  ['a way that broke is no mistake in the manifest', 502, 'read tcp: connection reset by peer', 'unreachable'],
  ['no answer is no mistake in the manifest', 0, 'socket hang up', 'unreachable'],
  ['a server that has too much to do is no mistake in the manifest', 429, 'Rate exceeded', 'unreachable'],
  ['credentials that ran out', 401, 'Unauthorized', 'access-denied'],
  ['a conflict names its owner', 409, conflict, 'conflict'],
  ['a quota', 403, 'forbidden: exceeded quota: small', 'quota'],
  ['a policy', 400, 'admission webhook "x" denied the request: no', 'rejected'],
  ['a permission', 403, 'is forbidden: User "x" cannot create resource', 'access-denied'],
  ['a field that cannot change', 422, 'spec.clusterIP: field is immutable', 'invalid-input'],
  ['anything else', 422, 'spec.ports: Required value', 'invalid-input'],
])('%s', (_name, code, message, reason) => {
  expect(explainRefusal({wanted: wanted(), error: new KubeError(code, message)}).reason).toBe(reason)
})

it('a Job that cannot be changed is told how Jobs are run anew', () => {
  const error = new KubeError(422, 'spec.template: field is immutable')
  expect(explainRefusal({wanted: wanted('Job'), error}).advice).toContain('metadata.generateName')
})

const PAGE = '<html><head><title>502 Bad Gateway</title></head><body>nginx</body></html>'

it("a proxy's page is told by its title: the annotation was HTML", () => {
  expect(new KubeError(502, PAGE).message).toBe('a web page in the place of an answer (502 Bad Gateway)')
})

describe('what breaks where nobody expected it', () => {
  it.each([
    ['no answer', 0, 'no answer within 20 s', 'unreachable', 'it does not answer: no answer within 20 s'],
    ['a proxy', 502, PAGE, 'unreachable', 'it does not answer: a web page in the place of an answer (502 Bad Gateway)'],
    ['credentials that ran out', 401, 'Unauthorized', 'access-denied', 'it refuses what this run needs: Unauthorized'],
  ])('%s is no error of ours: "Unexpected error" asked for an issue', (_name, status, body, reason, cause) => {
    const failure = clusterFailure(new KubeError(status, body)) as Failure
    expect(failure.diagnosis).toMatchObject({subject: 'Kubernetes API server', reason, cause})
  })

  it('anything else stays what it is', () => {
    const bug = new TypeError('x is not a function')
    expect(clusterFailure(bug)).toBe(bug)
    const odd = new KubeError(400, 'a call that we made wrongly')
    expect(clusterFailure(odd)).toBe(odd)
  })
})
