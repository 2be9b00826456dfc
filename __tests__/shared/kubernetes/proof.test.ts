import {proofOf} from '../../../actions/shared/kubernetes/watch/proof.ts'
import type {Standing} from '../../../actions/shared/kubernetes/watch/standing.ts'

const A = `sha256:${'a'.repeat(64)}`
const B = `sha256:${'b'.repeat(64)}`

const pod = (image: string, imageID: string): object => ({
  metadata: {name: 'streaming-api-1'},
  spec: {containers: [{name: 'api', image}]},
  status: {containerStatuses: [{name: 'api', image, imageID, ready: true, restartCount: 0, state: {running: {}}}]},
})
const standing = (...pods: object[]): Standing => ({pods}) as unknown as Standing

test('pods that run what was asked for prove it', () => {
  const proof = proofOf(standing(pod(`r/app@${A}`, `r/app@${A}`), pod(`r/app@${A}`, `docker-pullable://r/app@${A}`)))
  expect(proof).toEqual({images: [`r/app@${A}`], asked: [A], running: [A], proven: true})
})

test('a node that knows equal content by an older digest proves nothing, and what was asked for is still told', () => {
  expect(proofOf(standing(pod(`r/app@${A}`, `r/app@${B}`)))).toMatchObject({asked: [A], running: [B], proven: false})
})

test('where no digest was asked for there is nothing to prove', () => {
  expect(proofOf(standing(pod('r/app:v1', `r/app@${B}`)))).toMatchObject({asked: [], running: [B], proven: undefined})
  expect(proofOf(standing())).toEqual({images: [], asked: [], running: [], proven: undefined})
})
