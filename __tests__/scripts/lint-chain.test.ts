import {lintChain} from '../../scripts/lint-chain.ts'
import {spawnSync} from 'node:child_process'
import {cpSync, mkdirSync, mkdtempSync, readFileSync, rmSync, statSync, writeFileSync} from 'node:fs'
import {tmpdir} from 'node:os'
import {join} from 'node:path'
import {makeSample, samplesOf} from '../../scripts/lint-chain/samples.ts'

const SHA = '3d3c42e5aac5ba805825da76410c181273ba90b1'

/** The findings of a text, as `line rule`. */
const lint = (text: string, file = 'deploy.yml', offset = 0): string[] =>
  lintChain([makeSample(file, offset, text)]).map(({line, rule}) => `${String(line)} ${rule}`)

/** A whole workflow with one deploying job, and the given lines in their places. */
const workflow = (parts: {top?: string; job?: string; steps?: string} = {}): string =>
  [
    'on: {push: {branches: [main]}}',
    'permissions: {}',
    parts.top ?? 'concurrency: {group: production, cancel-in-progress: false}',
    'jobs:',
    '  deploy:',
    '    runs-on: ubuntu-latest',
    parts.job ?? '    permissions: {contents: read, id-token: write}',
    '    steps:',
    parts.steps ?? '      - uses: ./actions/ecs-deploy',
  ].join('\n')

test('a chain that is right has no finding', () => {
  const steps = [
    `      - uses: actions/checkout@${SHA} # v7.0.1`,
    `      - uses: aws-actions/configure-aws-credentials@${SHA}`,
    '        with: {role-to-assume: arn}',
    '      - uses: ./actions/ecs-deploy',
    '        with:',
    '          images: api=${{ needs.build.outputs.image }}',
    '      - uses: slipway/slipway/actions/kubectl-rollout@v1',
    '        with:',
    '          images: |',
    '            api=localhost:5000/api@sha256:51ab',
    '            web=${{ needs.build.outputs.repository-uri }}@${{ needs.build.outputs.digest }}',
    '      - run: echo "$TITLE ${{ github.sha }} ${{ matrix.region }}"',
  ].join('\n')
  expect(lint(workflow({steps}))).toEqual([])
})

describe('what a job hands on', () => {
  const output = (value: string, steps = '      - run: date'): string =>
    workflow({job: `    permissions: {id-token: write}\n    outputs:\n      it: ${value}`, steps})

  test.each([
    ['${{ secrets.TOKEN }}', ['9 masked-output']],
    ['${{ steps.login.outputs.docker_password_1 }}', ['9 masked-output']],
    ['${{ steps.aws.outputs.aws-session-token }}', ['9 masked-output']],
    ['${{ steps.image.outputs.image }}', []],
    ['${{ steps.image.outputs.digest }}', []],
  ])('%s as a job output: %j', (value, findings) => {
    expect(lint(output(value))).toEqual(findings)
  })

  test('an image does not arrive from a job that masks the account, its digest does', () => {
    const steps = [
      `      - uses: aws-actions/configure-aws-credentials@${SHA}`,
      '        with: {role-to-assume: arn, mask-aws-account-id: true}',
    ].join('\n')
    expect(lint(output('${{ steps.image.outputs.image }}', steps))).toEqual(['9 masked-output'])
    expect(lint(output('${{ steps.image.outputs.digest }}', steps))).toEqual([])
  })

  test.each([
    ['api=${{ needs.build.outputs.tag }}', true],
    ['api=${{ needs.build.outputs.registry }}/api:${{ github.sha }}', true],
    ['111122223333.dkr.ecr.us-east-1.amazonaws.com/api:latest', true],
    ['localhost:5000/api', false],
    ['localhost:5000/api:v1', false],
    ['localhost:5000/api:v${{ inputs.version }}', true],
    ['localhost:5000/${{ inputs.name }}', false],
    ['api=localhost:5000/api@sha256:51ab', false],
    ['${{ needs.build.outputs.image }}', false],
    ["${{ needs.build.outputs.image || 'none:0' }}", false],
  ])('images: %s is a tag: %s', (images, isTag) => {
    const steps = `      - uses: ./actions/kubectl-rollout\n        with:\n          images: ${JSON.stringify(images)}`
    expect(lint(workflow({steps}))).toEqual(isTag ? ['11 tag-handover'] : [])
  })

  test('a preview may name an image that is not built yet', () => {
    const steps = '      - uses: ./actions/ecs-deploy\n        with: {mode: plan, image: "api:latest"}'
    expect(lint(workflow({steps}))).toEqual([])
  })

  test.each([
    ['uses: ./actions/terraform-apply\n        with: {approve: auto}', true],
    ['uses: ./actions/terraform-apply\n        with: {plan-id: "${{ needs.plan.outputs.plan-id }}"}', false],
    ['uses: ./actions/terraform-apply\n        with: {mode: unlock, lock-id: "1"}', false],
    ['run: terraform apply -auto-approve', true],
    ['run: terraform apply -auto-approve out.tfplan', false],
    ['run: tofu -chdir=infra apply -input=false -auto-approve', true],
    ['run: "# terraform apply -auto-approve"', false],
  ])('%s behind an approval plans again: %s', (step, again) => {
    const text = workflow({
      job: '    permissions: {contents: read}\n    environment: production',
      steps: `      - ${step}`,
    })
    expect(lint(text)).toEqual(again ? ['10 replans-after-approval'] : [])
  })

  test('an apply that nobody was asked about may plan by itself', () => {
    expect(lint(workflow({steps: '      - run: terraform apply -auto-approve'}))).toEqual([])
  })
})

describe('how a job deploys', () => {
  test.each([
    ['uses: ./actions/ecs-deploy\n        with: {wait-for-service-stability: false}', true],
    ['uses: ./actions/ecs-deploy\n        with: {wait-for-service-stability: false, mode: plan}', false],
    [`uses: aws-actions/amazon-ecs-deploy-task-definition@${SHA}\n        with: {service: api}`, true],
    [
      `uses: aws-actions/amazon-ecs-deploy-task-definition@${SHA}\n        with: {service: api, wait-for-service-stability: true}`,
      false,
    ],
    ['run: aws ecs update-service --service api', true],
    ['run: aws ecs update-service --service api && aws ecs wait services-stable --services api', false],
    ['run: kubectl apply -f k8s', true],
    ['run: kubectl apply --dry-run=server -f k8s', false],
    ['run: kubectl apply -f k8s\n      - run: kubectl rollout status deployment/api', false],
    ['run: helm upgrade api ./chart', true],
    ['run: helm upgrade api ./chart --wait', false],
  ])('%s does not wait: %s', (step, blind) => {
    expect(lint(workflow({steps: `      - ${step}`}))).toEqual(blind ? ['9 deploy-without-wait'] : [])
  })

  test.each([
    ['concurrency: {group: production, cancel-in-progress: true}', ['3 deploy-group-cancels']],
    ['concurrency: {group: production, cancel-in-progress: "${{ github.ref != \'x\' }}"}', ['3 deploy-group-cancels']],
    ['concurrency: production', []],
    ['env: {A: b}', ['5 deploy-without-group']],
  ])('%s: %j', (top, findings) => {
    expect(lint(workflow({top}))).toEqual(findings)
  })

  test.each([
    ['group: production, queue: max', []],
    ['group: production, queue: single, cancel-in-progress: false', []],
    ['group: production, queue: maximum', ['3 broken-queue']],
    ['group: preview, queue: max, cancel-in-progress: true', ['3 broken-queue']],
  ])('concurrency: {%s}: %j', (group, findings) => {
    expect(lint(workflow({top: `concurrency: {${group}}`, steps: '      - run: date'}))).toEqual(findings)
  })

  test.each([
    ['slipway/slipway/.github/workflows/delivery.yml@v1', ['4 deploy-without-group']],
    ['./.github/workflows/rollback.yml', ['4 deploy-without-group']],
    ['slipway/slipway/.github/workflows/plan-preview.yml@v1', []],
  ])('a job that calls %s: %j', (uses, findings) => {
    const job = `  ship:\n    permissions: {contents: read}\n    uses: ${uses}`
    expect(lint(`on: {push: {}}\npermissions: {}\njobs:\n${job}`)).toEqual(findings)
  })

  test('a preview may be cancelled, and needs no group', () => {
    const steps = '      - uses: ./actions/ecs-deploy\n        with: {mode: plan}'
    expect(lint(workflow({top: 'concurrency: {group: a, cancel-in-progress: true}', steps}))).toEqual([])
    expect(lint(workflow({top: 'env: {}', steps}))).toEqual([])
  })

  test('the group of a reusable workflow is its caller’s', () => {
    expect(lint(workflow({top: 'env: {}'}).replace('push: {branches: [main]}', 'workflow_call: {}'))).toEqual([])
  })

  test.each([
    ['always()', ['7 deploys-after-failure']],
    ['${{ !cancelled() }}', ['7 deploys-after-failure']],
    ["always() && needs.build.result == 'success'", []],
    ['success()', []],
  ])('if: %s on a deploying job: %j', (condition, findings) => {
    expect(lint(workflow({job: `    if: ${condition}\n    permissions: {}`}))).toEqual(findings)
  })

  test("a comparison with 'canceled' is never true", () => {
    const job = "    if: needs.a.result != 'canceled'\n    permissions: {}"
    expect(lint(workflow({job, steps: '      - run: date'}))).toEqual(['7 misspelt-cancelled'])
  })
})

describe('what a job trusts', () => {
  test.each([
    ['actions/checkout@v7', true],
    ['actions/checkout@main', true],
    [`actions/checkout@${SHA}`, false],
    ['docker://alpine:3', true],
    ['./actions/ecr-build-push', false],
    ['slipway/slipway/actions/ecr-build-push@v1', false],
    ['slipway/slipway/actions/ecr-build-push@main', true],
    ['slipwayer/slipway/actions/ecr-build-push@v1', true],
  ])('%s is not pinned: %s', (uses, loose) => {
    expect(lint(workflow({steps: `      - uses: ${uses}`}))).toEqual(loose ? ['9 unpinned-uses'] : [])
  })

  test('a reusable workflow is pinned too', () => {
    expect(lint('on: push\npermissions: {}\njobs:\n  a:\n    uses: o/r/.github/workflows/a.yml@main')).toEqual([
      '5 unpinned-uses',
    ])
  })

  test.each([
    '${{ github.event.pull_request.title }}',
    '${{ github.head_ref }}',
    '${{ inputs.name }}',
    '${{ steps.a.outputs.b }}',
    "${{ format('{0}', github.ref_name) }}",
    '${{ env.NAME }}',
    '${{ toJSON(github.event.head_commit.message) }}',
  ])('%s in a script is pasted into it', (expression) => {
    const steps = `      - run: |\n          date\n          echo "${expression}"`
    expect(lint(workflow({steps}))).toEqual(['11 text-into-script'])
  })

  test('github-script is a script too', () => {
    const steps = `      - uses: actions/github-script@${SHA}\n        with:\n          script: core.info("\${{ github.event.issue.title }}")`
    expect(lint(workflow({steps}))).toEqual(['11 text-into-script'])
  })

  test.each([
    ['', `uses: actions/checkout@${SHA}`, ['9 missing-permissions']],
    ['contents: read', `uses: actions/checkout@${SHA}`, []],
    [
      'contents: read',
      `uses: aws-actions/configure-aws-credentials@${SHA}\n        with: {role-to-assume: a}`,
      ['9 missing-permissions'],
    ],
    ['', `uses: aws-actions/configure-aws-credentials@${SHA}\n        with: {aws-access-key-id: a}`, []],
    ['', 'uses: ./actions/terraform-plan', []],
    ['', 'uses: ./actions/terraform-plan\n        with: {comment: update}', ['9 missing-permissions']],
    [
      'contents: read',
      'uses: ./actions/delivery-report\n        with: {attach-to-release: v1}',
      ['9 missing-permissions'],
    ],
    ['contents: write', 'uses: ./actions/delivery-report\n        with: {attach-to-release: v1}', []],
  ])('permissions {%s} for %s: %j', (permissions, step, findings) => {
    expect(lint(workflow({job: `    permissions: {${permissions}}`, steps: `      - ${step}`}))).toEqual(findings)
  })

  test('a workflow that says nothing of permissions takes what it gets', () => {
    expect(lint('on: push\njobs:\n  a:\n    runs-on: x\n    steps:\n      - run: date')).toEqual([
      '3 missing-permissions',
    ])
  })
})

describe('what is looked at', () => {
  test('a part of a workflow, as documents show it: steps, a job, with the line of the document', () => {
    expect(lint('- uses: a/b@v1', 'README.md', 40)).toEqual(['41 unpinned-uses'])
    expect(lint('permissions: {}\nsteps:\n  - uses: a/b@v1', 'README.md', 40)).toEqual(['43 unpinned-uses'])
    expect(lint('build:\n  runs-on: x\n  steps:\n    - uses: a/b@v1', 'README.md', 40)).toEqual(['44 unpinned-uses'])
  })

  test('blocks of a document, with its lines; of one that compares, what comes after', () => {
    const folder = mkdtempSync(join(tmpdir(), 'slipway-samples-'))
    const document =
      '# Guide\n\n```yaml\n- uses: a/b@v1\n```\n\n```yaml\n# before\n- uses: a/b@v1\n# after\n- uses: c/d@v2\n```\n'
    writeFileSync(join(folder, 'guide.md'), document)
    const found = lintChain(samplesOf(folder, 'guide.md'))
    rmSync(folder, {recursive: true})
    expect(found.map(({line, message}) => [line, message.slice(0, 6)])).toEqual([
      [4, 'a/b@v1'],
      [11, 'c/d@v2'],
    ])
  })

  test('other YAML is none of its business', () => {
    expect(lint('kind: Deployment\nspec: {template: {image: "a:latest"}}')).toEqual([])
    expect(lint('name: x\nruns: {using: node24}')).toEqual([])
  })

  test('an exception needs its reason, beside the line', () => {
    const excused = (comment: string): string[] => lint(workflow({steps: `      ${comment}\n      - uses: a/b@v1`}))
    expect(excused('# lint-chain: unpinned-uses: this action is our own')).toEqual([])
    expect(excused('# lint-chain: tag-handover: another rule')).toEqual(['10 unpinned-uses'])
    expect(excused('# lint-chain: unpinned-uses')).toEqual(['9 bare-exception', '10 unpinned-uses'])
  })
})

describe('a job before it that was skipped', () => {
  const chain = (middle: string, last: string): string =>
    [
      'on: {push: {branches: [main]}}',
      'permissions: {}',
      'jobs:',
      '  plan:',
      "    if: inputs.directory != ''",
      '    permissions: {}',
      '    steps: [{run: date}]',
      '  approve:',
      '    needs: plan',
      middle,
      '    permissions: {}',
      '    steps: [{run: date}]',
      '  deploy:',
      '    needs: [approve]',
      last,
      '    permissions: {}',
      '    steps: [{run: date}]',
    ].join('\n')
  const runs = '    if: ${{ !failure() && !cancelled() }}'

  test('skips what needs only the job that ran all the same', () => {
    expect(lint(chain(runs, '    runs-on: x'))).toEqual(['13 skipped-ancestor'])
    expect(lint(chain(runs, "    if: needs.approve.result == 'success'"))).toEqual(['15 skipped-ancestor'])
  })
  test('does not when the condition says so, and when nobody runs in spite of it', () => {
    const told = "    if: ${{ !failure() && !cancelled() && needs.approve.result == 'success' }}"
    expect(lint(chain(runs, told))).toEqual([])
    expect(lint(chain('    runs-on: x', '    runs-on: x'))).toEqual([])
  })
  test.each([
    ["needs.approve.result == 'skipped'", ['15 skipped-ancestor']],
    ["success() || needs.approve.result == 'skipped'", ['15 skipped-ancestor']],
    ["always() && needs.approve.result == 'skipped'", []],
  ])('is never seen by: %s', (condition, findings) => {
    expect(lint(chain('    runs-on: x', `    if: ${condition}`))).toEqual(findings)
  })
})

test('npx runs it, although Node runs no TypeScript where npx puts it', () => {
  const folder = mkdtempSync(join(tmpdir(), 'slipway-npx-'))
  const root = join(import.meta.dirname, '../..')
  const installed = join(folder, 'node_modules/slipway')
  for (const part of ['scripts/lint-chain.mjs', 'scripts/lint-chain.ts', 'scripts/lint-chain', 'package.json'])
    cpSync(join(root, part), join(installed, part), {recursive: true})
  cpSync(join(root, 'node_modules/yaml'), join(folder, 'node_modules/yaml'), {recursive: true})
  mkdirSync(join(folder, '.github/workflows'), {recursive: true})
  writeFileSync(join(folder, '.github/workflows/a.yml'), workflow({steps: '      - uses: a/b@v1'}))
  const {bin} = JSON.parse(readFileSync(join(installed, 'package.json'), 'utf8')) as {bin: Record<string, string>}
  const script = join(installed, bin['slipway-lint-chain'] ?? '')
  const ran = spawnSync(process.execPath, ['--disable-warning=ExperimentalWarning', script], {
    cwd: folder,
    encoding: 'utf8',
  })
  const mode = statSync(join(root, 'scripts/lint-chain.mjs')).mode & 0o111
  rmSync(folder, {recursive: true})
  expect([ran.status, ran.stderr, mode]).toEqual([1, '', 0o111])
  expect(ran.stdout).toContain('.github/workflows/a.yml:9: a/b@v1 can change under you')
})
