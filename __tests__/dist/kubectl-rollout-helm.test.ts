import {chmodSync, mkdtempSync, readFileSync, rmSync, writeFileSync} from 'node:fs'
import {tmpdir} from 'node:os'
import {join} from 'node:path'
import {jest} from '@jest/globals'
import {scriptedKube} from '../support/scripted-kube.ts'
import type {ScriptedKube, Thing} from '../support/scripted-kube.ts'
import {spawnAction} from '../support/spawn-action.ts'
import type {ActionResult} from '../support/spawn-action.ts'

jest.setTimeout(60_000)

const MAP = (name: string, hook?: string): string =>
  `apiVersion: v1\nkind: ConfigMap\nmetadata: {name: ${name}${hook === undefined ? '' : `, annotations: {helm.sh/hook: "${hook}"}`}}\ndata: {A: b}\n`
const POD_TEMPLATE = `apiVersion: apps/v1
kind: Deployment
metadata: {name: shop}
spec:
  replicas: 0
  paused: true
  selector: {matchLabels: {app: shop}}
  template: {metadata: {labels: {app: shop}}, spec: {containers: [{name: a, image: app, readinessProbe: {tcpSocket: {port: 3000}}}]}}
`

let kube: ScriptedKube
let room: string
beforeEach(async () => {
  kube = await scriptedKube()
  room = mkdtempSync(join(tmpdir(), 'fake-helm-'))
})
afterEach(async () => {
  await kube.close()
  rmSync(room, {recursive: true, force: true})
})

/** A helm that notes how it was called, then prints this text or fails with these words. */
function helm(text: string, error = ''): void {
  writeFileSync(join(room, 'rendered'), text)
  writeFileSync(join(room, 'words'), error)
  const end = error === '' ? `cat '${room}/rendered'` : `cat '${room}/words' >&2; exit 1`
  writeFileSync(
    join(room, 'helm'),
    `#!/bin/sh\nprintf '%s\\n' "$@" > '${room}/argv'\ncase "$*" in *"--values -"*) cat > '${room}/stdin' ;; esac\n${end}\n`,
  )
  chmodSync(join(room, 'helm'), 0o755)
}
const noted = (name: string): string => readFileSync(join(room, name), 'utf8')
const CHART = {'chart/Chart.yaml': 'apiVersion: v2\nname: shop\nversion: 1.0.0\n', 'prod.yaml': 'a: b\n'}

async function plan(inputs: Record<string, string>): Promise<ActionResult> {
  return await spawnAction('kubectl-rollout', {
    files: CHART,
    path: [room, kube.bin],
    inputs: {mode: 'plan', helm: 'chart', namespace: 'default', ...inputs},
  })
}
const sent = (): Thing[] => kube.calls.filter(({method}) => method === 'PATCH').map(({body}) => body as Thing)

it('renders for the cluster it goes to; overrides, which may be secret, are on no command line', async () => {
  helm(`${MAP('map')}---\n${POD_TEMPLATE}`)
  const result = await plan({
    'helm-values': 'prod.yaml',
    'helm-overrides': 'password: not-a-real-secret-marker',
    'helm-chart-version': '1.2.3',
    'helm-repository': 'https://charts.example',
    images: 'app=registry.example:5000/app:2',
  })
  expect(result.code).toBe(0)
  const argv = noted('argv').trim().split('\n')
  expect(argv.slice(0, 6)).toEqual(['template', 'shop', 'chart', '--namespace', 'default', '--include-crds'])
  expect(argv.join(' ')).toContain(
    '--version 1.2.3 --repo https://charts.example --values prod.yaml --values - --kube-version v1.34.2',
  )
  expect(argv).toContain('apps/v1/Deployment')
  expect(noted('argv')).not.toContain('marker')
  expect(noted('stdin')).toBe('password: not-a-real-secret-marker')
  expect(result.visible).not.toContain('not-a-real-secret-marker')
  // Dry runs go side by side: which of them arrives first is chance.
  expect(
    sent()
      .map(({kind}) => kind)
      .sort(),
  ).toEqual(['ConfigMap', 'Deployment'])
  expect(JSON.stringify(sent().find(({kind}) => kind === 'Deployment'))).toContain('registry.example:5000/app:2')
})

it('hooks are not applied: a warning names each, tests go in silence', async () => {
  helm(`${MAP('map')}---\n${MAP('migrate', 'pre-install,pre-upgrade')}---\n${MAP('check', 'test')}`)
  const result = await plan({'helm-release': 'other'})
  expect(noted('argv')).toContain('template\nother\nchart\n')
  expect(sent().map(({metadata}) => metadata.name)).toEqual(['map'])
  expect(result.warnings).toEqual([
    expect.stringContaining('ConfigMap/migrate is a hook of the chart (pre-install,pre-upgrade) and is not applied'),
  ])
})

it('a chart of hooks alone is nothing to apply', async () => {
  helm(MAP('migrate', 'pre-install'))
  expect((await plan({})).errors).toEqual([expect.stringContaining('holds nothing but hooks')])
})

it('a chart that cannot be rendered says why, not how to debug helm', async () => {
  helm(
    '',
    'Error: execution error at (shop/templates/z.yaml:1:4): no replicas\n\nUse --debug flag to render out invalid YAML\n',
  )
  const result = await plan({})
  expect(result.errors).toEqual([
    'Input "helm" is "chart", which cannot be rendered: execution error at (shop/templates/z.yaml:1:4): no replicas.',
  ])
  expect(result.outputs['failure-reason']).toBe('invalid-input')
})

it('without helm on PATH the way to have it is named', async () => {
  const bin = [room, kube.bin, '/usr/bin', '/bin'].join(':')
  const result = await spawnAction('kubectl-rollout', {
    files: CHART,
    env: {PATH: bin},
    inputs: {mode: 'plan', helm: 'chart', namespace: 'default'},
  })
  expect(result.errors).toEqual([expect.stringContaining('helm was not found on PATH: install it in a step before')])
})

it('a chart that is given as manifests is told how charts are given', async () => {
  const result = await plan({helm: '', manifests: 'chart'})
  expect(result.errors).toEqual([expect.stringContaining('which is a Helm chart (Chart.yaml): give it as "helm:"')])
})
