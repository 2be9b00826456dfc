import type {Change} from '../../../actions/shared/kubernetes/change/dry-run.ts'
import {changesDigest} from '../../../actions/shared/kubernetes/change/changes-text.ts'

const change = (image: string, replicas = 3): Change =>
  ({
    action: 'change',
    wanted: {path: 'apps/v1/Deployment/streaming/api', manifest: {object: {}}},
    fields: [
      {path: 'spec.template.spec.containers[api].image', before: 'api@sha256:old', after: image},
      {path: 'spec.template.metadata.annotations.digest', before: 'api@sha256:older', after: image},
      {path: 'spec.replicas', before: 2, after: replicas},
    ],
  }) as unknown as Change
const made = (image: string): Change =>
  ({
    action: 'create',
    wanted: {path: 'batch/v1/Job/streaming/a', manifest: {object: {spec: {containers: [{image}]}}}},
    fields: [],
  }) as unknown as Change
const digestOf = (make: (image: string) => Change, image: string): string => changesDigest([make(image)], [], [image])

test('an approval outlives an image that is built anew, and holds from a preview that had none yet', () => {
  for (const make of [change, made]) expect(digestOf(make, 'api@sha256:new')).toBe(digestOf(make, 'api:pr-7'))
})

test('and no other change: neither of a field, nor of an image that the run does not put in', () => {
  expect(changesDigest([change('api:1', 4)], [], ['api:1'])).not.toBe(
    changesDigest([change('api:1', 3)], [], ['api:1']),
  )
  expect(changesDigest([change('envoy:1')], [], ['api:1'])).not.toBe(changesDigest([change('envoy:2')], [], ['api:1']))
})
