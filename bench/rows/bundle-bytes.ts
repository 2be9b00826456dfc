import {readdirSync, statSync} from 'node:fs'
import {dirname, join} from 'node:path'
import {besides} from '../core/other.ts'
import type {Bench, Case, Row, Shortfall} from '../core/row.ts'
import {ourAction} from '../core/step.ts'
import {AWS_IN_KUBECTL, UNDICI} from './reasons.ts'

/** The peers whose work an action does; the first is the one that it is named after. */
const PAIRS: readonly (readonly [string, string | undefined])[] = [
  ['ecr-build-push', 'docker/build-push-action'],
  ['ecr-build-push', 'docker/metadata-action'],
  ['ecr-build-push', 'docker/login-action'],
  ['ecr-build-push', 'aws-actions/amazon-ecr-login'],
  ['terraform-plan', 'borchero/terraform-plan-comment'],
  ['terraform-apply', undefined],
  ['ecs-deploy', 'aws-actions/amazon-ecs-deploy-task-definition'],
  ['ecs-deploy', 'aws-actions/amazon-ecs-render-task-definition'],
  ['ecs-run-task', 'aws-actions/amazon-ecs-deploy-task-definition'],
  ['kubectl-rollout', 'Azure/k8s-deploy'],
  ['delivery-report', undefined],
]

const REASONS: Readonly<Record<string, Shortfall>> = {'terraform-plan': UNDICI, 'kubectl-rollout': AWS_IN_KUBECTL}

function bytes(folder: string, recursive: boolean): number {
  const files = readdirSync(folder, {recursive, encoding: 'utf8'}).filter((name) => /\.c?js$/.test(name))
  return files.reduce((sum, name) => sum + statSync(join(folder, name)).size, 0) / 1e6
}

function pair(bench: Bench, action: string, peer: string | undefined): Case {
  const size = (main: string) => () =>
    Promise.resolve({'main step': bytes(dirname(main), false), 'with its post step': bytes(dirname(main), true)})
  const goal = peer === undefined ? {} : ({goal: {kind: 'ratio', max: 0.6}} as const)
  const shortfall = REASONS[action]
  return {
    name: peer === undefined ? action : `${action} beside ${peer}`,
    measures: (['main step', 'with its post step'] as const).map((name) => ({
      name,
      unit: 'MB',
      ...goal,
      ...(shortfall && {shortfall}),
    })),
    runs: 1,
    ours: size(ourAction(action).main),
    ...(peer !== undefined && {other: besides(bench, peer, (found) => size(found.main))}),
  }
}

/** The bytes that a runner loads and parses. */
export const bundleBytes: Row = {
  name: 'bundle-bytes',
  title: 'Bundle bytes',
  how: 'All JavaScript that the main step may load (entry and chunks), and the same with the post step, which has a bundle of its own or shares the main one. MB is 1,000,000 bytes.',
  needsLab: false,
  open: (bench) =>
    Promise.resolve({cases: PAIRS.map(([ours, peer]) => pair(bench, ours, peer)), close: () => Promise.resolve()}),
}
