import {besides} from '../core/other.ts'
import type {Bench, Case, Measure, Opened, Row, Sample} from '../core/row.ts'
import {costs, ourAction, runStep, runTool} from '../core/step.ts'
import type {Step} from '../core/step.ts'
import {firstSteps} from './first-steps.ts'
import {BARE_NODE} from './reasons.ts'

/** Wall, CPU and memory, each at most 0.6 of the peer's. */
export const COSTS: readonly Measure[] = [
  {name: 'wall', unit: 's', goal: {kind: 'ratio', max: 0.6}},
  {name: 'cpu', unit: 's', goal: {kind: 'ratio', max: 0.6}},
  {name: 'peak', unit: 'MiB', goal: {kind: 'ratio', max: 0.6}, shortfall: BARE_NODE},
]

/** The same where there is no peer to compare with. */
export const PLAIN: readonly Measure[] = COSTS.map(({name, unit}) => ({name, unit}))

interface Refusal {
  readonly action: string
  readonly inputs: Readonly<Record<string, string>>
  /** The peer, and what it is given to refuse in the same way. */
  readonly peer?: string
  readonly peerInputs?: Readonly<Record<string, string>>
}

/** Calls that are refused for a missing or impossible input, before anything outside is asked. */
const REFUSALS: readonly Refusal[] = [
  {action: 'ecr-build-push', inputs: {}, peer: 'docker/login-action', peerInputs: {registry: 'r.example'}},
  {action: 'ecr-build-push', inputs: {}, peer: 'aws-actions/amazon-ecr-login', peerInputs: {'registry-type': 'none'}},
  {action: 'terraform-plan', inputs: {'working-directory': 'nowhere'}, peer: 'borchero/terraform-plan-comment'},
  {action: 'terraform-apply', inputs: {'working-directory': 'nowhere'}},
  {action: 'ecs-deploy', inputs: {}, peer: 'aws-actions/amazon-ecs-deploy-task-definition'},
  {action: 'ecs-deploy', inputs: {}, peer: 'aws-actions/amazon-ecs-render-task-definition'},
  {action: 'ecs-run-task', inputs: {}},
  {action: 'kubectl-rollout', inputs: {}, peer: 'Azure/k8s-deploy'},
  {action: 'delivery-report', inputs: {}},
]

function refusal(bench: Bench, {action, inputs, peer, peerInputs = {}}: Refusal): Case {
  const step: Step = {
    inputs,
    exits: 1,
    says: /::error/,
    env: {AWS_REGION: 'eu-west-1', AWS_EC2_METADATA_DISABLED: 'true'},
  }
  const ours = ourAction(action)
  return {
    name: `${action} refuses its inputs${peer === undefined ? '' : `; ${peer} its own`}`,
    measures: peer === undefined ? PLAIN : COSTS,
    ours: async () => costs(await runStep(ours, step)),
    ...(peer !== undefined && {
      // A token that a default brings would be input enough for some peers: a refusal has none.
      other: besides(bench, peer, (found) => async () => {
        const theirs = {...found, defaults: {...found.defaults, token: ''}}
        return costs(await runStep(theirs, {...step, inputs: peerInputs}))
      }),
    }),
  }
}

const bareNode: Case = {
  name: 'bare `node -e 0`, for comparison',
  measures: PLAIN,
  ours: async (): Promise<Sample> =>
    costs(await runTool([process.execPath, '-e', '0'], {exits: 0, cwd: '/', env: {PATH: process.env['PATH'] ?? ''}})),
}

/** How long the machine works before an action has said its first word, and until its first real piece of work is done. */
export const coldStart: Row = {
  name: 'cold-start',
  title: 'Cold start',
  how: 'Each bundle as the runner starts it, defaults of its action.yml filled in: refused inputs, then a first real step against loopback servers.',
  needsLab: false,
  open: async (bench): Promise<Opened> => {
    const steps = await firstSteps(bench)
    return {cases: [bareNode, ...REFUSALS.map((each) => refusal(bench, each)), ...steps.cases], close: steps.close}
  },
}
