import {mkdtempSync, writeFileSync} from 'node:fs'
import {tmpdir} from 'node:os'
import {join} from 'node:path'
import fc from 'fast-check'
import {readInputs as deliveryReport} from '../../../actions/delivery-report/src/inputs.ts'
import {explainBuild} from '../../../actions/ecr-build-push/src/explain-build.ts'
import {readInputs as ecrBuildPush} from '../../../actions/ecr-build-push/src/inputs.ts'
import {readMetadata} from '../../../actions/ecr-build-push/src/lint.ts'
import {followProgress, readBuildError} from '../../../actions/ecr-build-push/src/progress.ts'
import {readInputs as ecsDeploy} from '../../../actions/ecs-deploy/src/inputs.ts'
import {readInputs as ecsRunTask} from '../../../actions/ecs-run-task/src/inputs.ts'
import {readInputs as kubectlRollout} from '../../../actions/kubectl-rollout/src/inputs.ts'
import {readCommentEvent} from '../../../actions/pr-command/src/event.ts'
import {COMMANDS, readCommand} from '../../../actions/pr-command/src/grammar.ts'
import {readInputs as prCommand} from '../../../actions/pr-command/src/inputs.ts'
import {readInputs as terraformApply} from '../../../actions/terraform-apply/src/inputs.ts'
import {readInputs as terraformPlan} from '../../../actions/terraform-plan/src/inputs.ts'
import {readInputs as terraformRoots} from '../../../actions/terraform-roots/src/inputs.ts'
import {readPushedFrom} from '../../../actions/terraform-roots/src/pushed.ts'
import type {Environment} from '../../../actions/shared/core/inputs.ts'
import {readOrigin} from '../../../actions/shared/github/origin.ts'
import {checkDefinition} from '../../../actions/shared/ecs/check-definition.ts'
import {definitionFrom} from '../../../actions/shared/ecs/definition.ts'
import {normalise} from '../../../actions/shared/ecs/normalise.ts'
import {parseImageRules} from '../../../actions/shared/kubernetes/manifests/image-rules.ts'
import {readManifestSet} from '../../../actions/shared/kubernetes/manifests/manifest-set.ts'
import {concealAlike, normalForm} from '../../../actions/shared/terraform/normal-form.ts'
import {readPlan} from '../../../actions/shared/terraform/read-plan.ts'
import {planMarkdown} from '../../../actions/shared/terraform/render.ts'
import {readUiLine} from '../../../actions/shared/terraform/ui.ts'
import {anyInputs, anyJson, anyText, jsonOf, mutated, torn} from './arbitraries.ts'
import {BUILD_OUTPUT, COMMENT_EVENT, DEFINITION, EVENT, MANIFEST, PLAN, UI_LINE} from './corpus.ts'

/** Something that reads what others wrote. */
export interface Target {
  readonly name: string
  /** Whether a person wrote it: then whatever is wrong is told in a sentence that is meant for that person. */
  readonly byPeople: boolean
  readonly input: fc.Arbitrary<unknown>
  read(input: unknown): unknown
}

function inputs(action: string, read: (env: Environment) => unknown, likely: Readonly<Record<string, string>>): Target {
  const base = {
    GITHUB_REPOSITORY: 'acme/x',
    GITHUB_SHA: 'a'.repeat(40),
    GITHUB_WORKSPACE: tmpdir(),
    AWS_REGION: 'eu-west-1',
  }
  const read1 = (env: unknown): unknown => read({...base, ...(env as Environment)})
  return {name: `inputs of ${action}`, byPeople: true, input: anyInputs(action, likely), read: read1}
}

const folder = mkdtempSync(join(tmpdir(), 'slipway-fuzz-'))
let events = 0

// Events are read from a file, as the runner hands them over.
function withEvent(
  read: (env: Environment) => Promise<unknown>,
  name = 'pull_request',
): (event: unknown) => Promise<unknown> {
  return (event) => {
    const file = join(folder, `event-${String((events += 1) % 50)}.json`)
    writeFileSync(file, typeof event === 'string' ? event : jsonOf(event))
    return read({
      GITHUB_EVENT_PATH: file,
      GITHUB_EVENT_NAME: name,
      GITHUB_REPOSITORY: 'acme/x',
      GITHUB_SHA: 'a'.repeat(40),
    })
  }
}

const anyEvent = fc.oneof(mutated(EVENT), anyJson, anyText)

/** Everything that an action reads and others wrote. */
export const TARGETS: readonly Target[] = [
  inputs('ecr-build-push', ecrBuildPush, {
    repository: 'team/app',
    registry: '111122223333.dkr.ecr.eu-west-1.amazonaws.com',
  }),
  inputs('ecs-deploy', ecsDeploy, {cluster: 'c', service: 's', 'task-definition': 'x.json'}),
  inputs('ecs-run-task', ecsRunTask, {cluster: 'c', 'task-definition': 'x.json'}),
  inputs('kubectl-rollout', kubectlRollout, {manifests: 'k8s'}),
  inputs('terraform-plan', terraformPlan, {'working-directory': '.'}),
  inputs('terraform-apply', terraformApply, {
    'working-directory': '.',
    'plan-id': 'infra-default-00000000-4c1f2e900000-1001-1',
  }),
  inputs('terraform-roots', terraformRoots, {}),
  inputs('pr-command', prCommand, {'github-token': 'ghs_x', environments: 'staging,production'}),
  inputs('delivery-report', deliveryReport, {needs: '{"build":{"result":"success","outputs":{}}}'}),
  {
    name: 'comments with commands',
    byPeople: true,
    input: fc.oneof(
      torn('/deploy staging 4c1f2e9\nplease'),
      torn('/unlock 8f3c1a2b-1111-2222-3333-444455556666'),
      anyText,
    ),
    read: (text: unknown): unknown =>
      readCommand(String(text), {commands: COMMANDS, environments: ['staging', 'production']}),
  },
  {
    name: 'task definitions',
    byPeople: true,
    input: fc.oneof(mutated(DEFINITION), anyJson),
    read: (data: unknown): unknown => {
      const definition = definitionFrom(data, 'task-definition.json')
      checkDefinition(definition)
      return normalise(definition)
    },
  },
  {
    name: 'manifests',
    byPeople: true,
    input: fc.oneof(
      torn(MANIFEST),
      anyText,
      anyJson.map((value) => JSON.stringify(value)),
    ),
    read: (text: unknown): unknown => readManifestSet([{file: 'app.yaml', text: String(text)}], [], []),
  },
  {
    name: 'images for manifests',
    byPeople: true,
    input: fc.tuple(
      torn(MANIFEST),
      fc.array(fc.oneof(anyText, torn('app=registry.example:5000/app:1.2')), {maxLength: 3}),
    ),
    read: (given: unknown): unknown => {
      const [text, rules] = given as [string, string[]]
      return readManifestSet([{file: 'app.yaml', text}], parseImageRules(rules), [])
    },
  },
  {
    name: 'plan JSON',
    byPeople: false,
    input: fc.oneof(
      mutated(PLAN).map((plan) => jsonOf(plan)),
      torn(JSON.stringify(PLAN)),
      anyText,
    ),
    read: (text: unknown): unknown => {
      const plan = readPlan(String(text))
      normalForm(plan, concealAlike)
      return planMarkdown(plan)
    },
  },
  {
    name: 'output of BuildKit',
    byPeople: false,
    input: fc.oneof(torn(BUILD_OUTPUT), anyText),
    read: (text: unknown): unknown => {
      const stderr = String(text)
      const progress = followProgress()
      for (const line of stderr.split('\n')) progress.feed(line)
      readBuildError(stderr)
      const subject = {repository: 'team/app', repositoryArn: 'arn:x', dockerfile: 'Dockerfile'}
      return explainBuild({code: 1, stdout: '', stderr}, subject)
    },
  },
  {
    name: 'metadata of buildx',
    byPeople: false,
    input: fc.oneof(
      mutated({
        'containerimage.digest': 'sha256:0',
        'buildx.build.warnings': [{short: 'eA==', url: 'x', range: [{start: {line: 2}}]}],
      }).map((data) => jsonOf(data)),
      anyText,
    ),
    read: (text: unknown): unknown => readMetadata(String(text)),
  },
  {
    name: 'lines of terraform',
    byPeople: false,
    input: fc.oneof(
      mutated(UI_LINE).map((line) => jsonOf(line)),
      torn(JSON.stringify(UI_LINE)),
      anyText,
    ),
    read: (line: unknown): unknown => readUiLine(String(line), 'infra'),
  },
  {name: 'webhook events', byPeople: true, input: anyEvent, read: withEvent(readOrigin)},
  {name: 'webhook events of a push', byPeople: true, input: anyEvent, read: withEvent(readPushedFrom)},
  {
    name: 'webhook events of a comment',
    byPeople: true,
    input: fc.oneof(mutated(COMMENT_EVENT), anyJson, anyText),
    read: withEvent(readCommentEvent, 'issue_comment'),
  },
]
