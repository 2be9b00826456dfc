import {readFileSync} from 'node:fs'
import {join} from 'node:path'
import type {KubeObject} from '../../../actions/shared/kubernetes/object.ts'
import {podProblem} from '../../../actions/shared/kubernetes/watch/problems.ts'
import {rate} from '../../../actions/shared/kubernetes/watch/rating.ts'

// What an API server (1.34.2, with its controllers and a kubelet) answered for workloads in these states.
const recorded = JSON.parse(readFileSync(join(import.meta.dirname, 'recorded/workloads.json'), 'utf8')) as Readonly<
  Record<string, KubeObject>
>
function of(name: string): KubeObject {
  const found = recorded[name]
  if (found === undefined) throw new Error(`${name} was not recorded.`)
  return found
}

describe('how far a workload is', () => {
  it.each([
    ['Deployment/done', 'done', '2/2 available'],
    ['Deployment/none', 'done', '0/0 available'],
    ['Deployment/paused', 'done', 'paused: it is rolled out when it is resumed'],
    ['Deployment/stuck', 'waiting', '1/2 updated'],
    ['Deployment/late', 'failed', 'no progress within its progressDeadlineSeconds: 1/2 updated, 2 available'],
    ['StatefulSet/done-s', 'done', '2/2 ready'],
    ['StatefulSet/stuck-s', 'waiting', '1/2 updated, 1/2 ready'],
    ['StatefulSet/part', 'done', '2/2 ready, partition 1'],
    ['StatefulSet/hand', 'done', '0/2 updated; the others when they are deleted (OnDelete)'],
    ['DaemonSet/done-d', 'done', '1/1 available'],
    ['DaemonSet/stuck-d', 'waiting', '0/1 available'],
    ['Job/complete', 'done', '1 completion'],
    ['Job/running', 'waiting', '0/1 completed, 1 running'],
    ['Job/waiting', 'done', 'suspended: it runs when it is resumed'],
    ['Job/failed', 'failed', 'Job has reached the specified backoff limit'],
    ['Job/slow', 'failed', 'Job was active longer than specified deadline'],
    ['Pod/ready', 'done', 'ready'],
    ['Pod/completed', 'done', 'completed'],
    ['Pod/broken', 'failed', 'it failed'],
    ['Pod/starting', 'waiting', 'Running'],
    ['Pod/no-room', 'waiting', 'Pending'],
  ])('%s is %s: %s', (name, state, says) => {
    expect(rate(of(name))).toMatchObject({state, says})
  })

  it('the end of a Job past its deadline is a timeout, of one out of tries the container', () => {
    expect(rate(of('Job/slow')).reason).toBe('timeout')
    expect(rate(of('Job/failed')).reason).toBe('container-exited')
  })
})

describe('what is wrong with a pod', () => {
  it.each([
    ['Pod/crash-loop', 'container-exited', 'short', 'container "app" exits with code 3 right after start'],
    ['Pod/broken', 'container-exited', 'short', 'container "app" exits with code 9 right after start'],
    ['Pod/init', 'container-exited', 'short', 'init container "prepare" exits with code 4 right after start'],
    ['Pod/hungry', 'out-of-memory', 'short', 'container "app" runs out of memory (limit 48Mi)'],
    ['Pod/no-command', 'container-exited', 'short', 'container "app" cannot be started: exec: "/no"'],
    ['Pod/no-image', 'image-not-found', 'none', 'the registry has no localhost:4566/recorded:v9'],
    ['Pod/bad-name', 'image-not-found', 'none', 'names an image that is not a valid reference: UPPER/x'],
    ['Pod/never', 'image-not-found', 'none', 'is not on the node and imagePullPolicy is Never'],
    ['Pod/no-secret', 'secret-unreadable', 'short', 'container "app" needs Secret/gone, which does not exist'],
    ['Pod/no-key', 'config-missing', 'short', 'needs the key "gone" of ConfigMap/kube-root-ca.crt'],
    ['Pod/root', 'rejected', 'short', 'container has runAsNonRoot and image will run as root'],
    ['Pod/no-room', 'unschedulable', 'long', 'no node can take its pods: 0/1 nodes are available: 1 Insufficient cpu'],
  ])('%s: %s, %s, %s', (name, reason, patience, cause) => {
    expect(podProblem(of(name), [])).toMatchObject({
      reason,
      patience,
      cause: expect.stringContaining(cause) as string,
    })
  })

  it.each([
    [139, 'exits with code 139 (SIGSEGV) right after start'],
    [134, 'exits with code 134 (SIGABRT) right after start'],
    [3, 'exits with code 3 right after start'],
    [255, 'exits with code 255 right after start'],
  ])('exit code %d: %s', (exitCode, says) => {
    const text = JSON.stringify(of('Pod/crash-loop')).replaceAll('"exitCode":3', `"exitCode":${String(exitCode)}`)
    expect(podProblem(JSON.parse(text) as KubeObject, [])?.cause).toContain(says)
  })

  it.each(['Pod/ready', 'Pod/completed', 'Pod/starting'])('%s: nothing', (name) => {
    expect(podProblem(of(name), [])).toBeUndefined()
  })
})
