import {eventLines} from '../../../actions/shared/kubernetes/diagnosis/events.ts'
import type {KubeObject} from '../../../actions/shared/kubernetes/object.ts'
import type {ClusterView} from '../../../actions/shared/kubernetes/watch/view.ts'

const pod = (name: string): KubeObject => ({
  apiVersion: 'v1',
  kind: 'Pod',
  metadata: {name, uid: `uid-${name}`, namespace: 'shop'},
})
const event = (of: KubeObject, message: string, more: object = {}): KubeObject => ({
  apiVersion: 'v1',
  kind: 'Event',
  metadata: {name: `${of.metadata.name ?? ''}.${message.length.toString()}`},
  ...{
    reason: 'BackOff',
    message,
    involvedObject: {uid: of.metadata.uid},
    lastTimestamp: '2026-01-01T00:00:10Z',
    ...more,
  },
})
const START = Date.parse('2026-01-01T00:00:00Z')
const view = (events: readonly KubeObject[]): ClusterView => ({
  all: () => events,
  byUid: () => undefined,
  brokenSince: () => undefined,
  lastHeard: () => START,
  changed: () => Promise.resolve(),
  watches: 0,
  close: () => Promise.resolve(),
})

test('"Pod/p and 1 more" was said of two events of one pod', () => {
  const p = pod('p')
  const events = [event(p, 'Back-off restarting 0123456789abcdef0'), event(p, 'Back-off restarting fedcba98765432100')]
  expect(eventLines(view(events), [p], START)).toEqual(['Pod/p BackOff: Back-off restarting 0123456789abcdef0 (2×)'])
})

test('the same event of several pods is one line, with how many they are and how often it was seen', () => {
  const [p, q] = [pod('p'), pod('q')]
  const events = [event(p, 'Back-off restarting p', {count: 3}), event(q, 'Back-off restarting q')]
  expect(eventLines(view(events), [p, q], START)).toEqual(['Pod/p and 1 more BackOff: Back-off restarting p (4×)'])
})

test('what was before the rollout, and what every good start says, is left out', () => {
  const p = pod('p')
  const events = [
    event(p, 'long ago', {lastTimestamp: '2025-12-31T23:00:00Z'}),
    event(p, 'Pulled', {reason: 'Pulled'}),
    event(p, 'failed to sync configmap cache: timed out', {reason: 'FailedMount'}),
  ]
  expect(eventLines(view(events), [p], START)).toEqual([])
})
