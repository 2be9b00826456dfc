import {labService} from '../support/lab-ecs.ts'
import type {LabService} from '../support/lab-ecs.ts'
import {spawnAction} from '../support/spawn-action.ts'
import type {ActionResult} from '../support/spawn-action.ts'

const MINUTE = 60_000
let lab: LabService

beforeAll(async () => {
  lab = await labService('ecs-deploy')
}, MINUTE)
afterAll(async () => {
  await lab.remove()
}, MINUTE)

// A container that exits at once may run at the very moment ECS looks, and then its deployment is complete: so it is on a
// busy machine, and so it is in the cloud.
const WATCHED_ON = {'stable-for': '20'}

const deploy = async (inputs: Readonly<Record<string, string>>): Promise<ActionResult> => {
  const {cluster, service, env} = lab
  return await spawnAction('ecs-deploy', {inputs: {cluster, service, 'task-definition': 'service', ...inputs}, env})
}

test(
  'a change of configuration is rolled out, and the same again is unchanged',
  async () => {
    const good = await deploy({'environment-variables': 'FEATURE_X=on', 'desired-count': '2'})
    expect([good.code, good.outputs['status']]).toEqual([0, 'succeeded'])
    expect(good.log).toMatch(/environment \+ FEATURE_X/)
    const {runningCount, taskDefinition} = await lab.describe()
    expect([runningCount, taskDefinition]).toEqual([2, good.outputs['task-definition-arn']])
    const again = await deploy({'environment-variables': 'FEATURE_X=on', 'desired-count': '2'})
    expect([again.code, again.outputs['status']]).toEqual([0, 'unchanged'])
    expect(again.outputs['task-definition-arn']).toBe(good.outputs['task-definition-arn'])
  },
  3 * MINUTE,
)

test(
  'a real container that exits 3 is red with its exit code and its last line, and what ran before is back',
  async () => {
    const before = await lab.describe()
    const command = `node -e 'console.log(JSON.stringify({level: "fatal", msg: "DATABASE_URL is not set"})); process.exit(3)'`
    const bad = await deploy({command, 'remove-environment-variables': 'DATABASE_URL', ...WATCHED_ON})
    expect([bad.code, bad.outputs['status'], bad.outputs['failure-reason']]).toEqual([
      1,
      'rolled-back',
      'container-exited',
    ])
    expect(bad.errors).toHaveLength(1)
    for (const place of [bad.log, bad.errors[0], bad.summary]) {
      expect(place).toMatch(/exits with code 3 right after start: DATABASE.{0,2}URL is not set/)
    }
    expect(bad.log).toMatch(/what to do +add DATABASE_URL back/)
    expect((await lab.describe()).taskDefinition).toBe(before.taskDefinition)
  },
  3 * MINUTE,
)

test(
  'an image that is not there is named, and the service goes on with what it ran',
  async () => {
    const before = await lab.describe()
    const bad = await deploy({image: 'localhost:4566/ecs-deploy-nothing/here:v1.4.O'})
    expect([bad.code, bad.outputs['failure-reason']]).toEqual([1, 'image-not-found'])
    expect(bad.errors[0]).toMatch(/cannot pull its image localhost:4566\/ecs-deploy-nothing\/here:v1\.4\.O/)
    expect((await lab.describe()).taskDefinition).toBe(before.taskDefinition)
  },
  3 * MINUTE,
)

test(
  'real containers that die late, eat their memory, fail their health check or do not heed SIGTERM: each is told apart',
  async () => {
    const inputs: Readonly<Record<string, Readonly<Record<string, string>>>> = {
      late: {
        command: `node -e 'setTimeout(() => {console.error("lost the queue"); process.exit(4)}, 5000)'`,
        'stable-for': '20',
      },
      greedy: {
        command: `node -e 'const all = []; for (;;) all.push(Buffer.alloc(64 * 1024 * 1024, 1))'`,
        ...WATCHED_ON,
      },
      sick: {
        patch:
          'containerDefinitions: [{name: api, portMappings: [{containerPort: 3000}], healthCheck: {command: [CMD-SHELL, "wget -qO- http://localhost:9999/ || exit 1"], interval: 5, retries: 1}}]',
      },
      stubborn: {
        command: `node -e 'process.on("SIGTERM", () => console.log("no")); setInterval(() => {}, 1000)'`,
        patch: 'containerDefinitions: [{name: api, stopTimeout: 2}]',
      },
    }
    const results = await Promise.all(
      Object.entries(inputs).map(async ([service, given]) => {
        await lab.add(service)
        const first = await deploy({...given, service})
        const second = service === 'stubborn' ? await deploy({service, 'environment-variables': 'AGAIN=1'}) : first
        return [service, second.outputs['status'], second.outputs['failure-reason'], second.errors[0] ?? '']
      }),
    )
    expect(results).toEqual([
      ['late', 'rolled-back', 'container-exited', expect.stringMatching(/exits with code 4.*: lost the queue/)],
      ['greedy', 'rolled-back', 'out-of-memory', expect.stringMatching(/killed for using more memory than it may/)],
      [
        'sick',
        'rolled-back',
        'health-check-failed',
        expect.stringMatching(
          /the health check of container "api" fails \(wget -qO- http:\/\/localhost:9999\/ \|\| exit 1; it asks port 9999, and portMappings name 3000\)/,
        ),
      ],
      ['stubborn', 'succeeded', '', ''],
    ])
  },
  4 * MINUTE,
)

test(
  'a service that does not exist is made from its file; one that does not come up is removed again',
  async () => {
    const make = async (
      service: string,
      file: object,
      inputs: Readonly<Record<string, string>>,
    ): Promise<ActionResult> =>
      await spawnAction('ecs-deploy', {
        inputs: {
          cluster: lab.cluster,
          service,
          'task-definition': lab.family,
          'create-service': 'service.json',
          ...inputs,
        },
        files: {'service.json': JSON.stringify(file)},
        env: lab.env,
      })
    const file = {
      desiredCount: 1,
      launchType: 'FARGATE',
      networkConfiguration: {awsvpcConfiguration: {subnets: ['subnet-1'], securityGroups: ['sg-1']}},
    }
    const typo = await make('MadeService', {...file, desiredcount: 1}, {})
    expect(typo.errors).toEqual([expect.stringMatching(/unknown key "desiredcount": did you mean "desiredCount"/)])
    expect(await lab.status('MadeService')).toBeUndefined()
    const good = await make('MadeService', file, {'environment-variables': 'MADE=1'})
    expect([good.code, good.outputs['status']]).toEqual([0, 'succeeded'])
    expect(await lab.status('MadeService')).toBe('ACTIVE')
    const command = `node -e 'console.error("no such queue"); process.exit(5)'`
    const bad = await make('BadService', file, {command, ...WATCHED_ON})
    expect([bad.code, bad.outputs['status'], bad.outputs['failure-reason']]).toEqual([
      1,
      'rolled-back',
      'container-exited',
    ])
    expect(bad.errors[0]).toMatch(
      /exits with code 5 .*no such queue.*BadService, which did not exist before, is removed/,
    )
    expect(await lab.status('BadService')).not.toBe('ACTIVE')
  },
  3 * MINUTE,
)

test(
  'two services get one revision; when its container exits 3, both are red and both are back',
  async () => {
    await lab.add('WorkerService')
    const service = 'APIService,WorkerService'
    const good = await deploy({service, 'environment-variables': 'BOTH=on'})
    expect([good.code, good.outputs['status']]).toEqual([0, 'succeeded'])
    expect(good.log).toMatch(/✓ APIService runs it: /)
    expect(good.log).toMatch(/✓ WorkerService runs it: [^\n]*1\/1 running, 1 task runs/)
    const before = await lab.describe()
    expect(before.taskDefinition).toBe(good.outputs['task-definition-arn'])
    const command = `node -e 'console.log("no such queue"); process.exit(3)'`
    const bad = await deploy({service, command, ...WATCHED_ON})
    expect([bad.code, bad.outputs['status'], bad.outputs['failure-reason']]).toEqual([
      1,
      'rolled-back',
      'container-exited',
    ])
    expect(bad.errors[0]).toMatch(/exits with code 3 .*no such queue.*APIService is back on .*WorkerService is back on/)
    expect((await lab.describe()).taskDefinition).toBe(before.taskDefinition)
  },
  3 * MINUTE,
)

test(
  'mode plan changes nothing',
  async () => {
    const before = await lab.describe()
    const plan = await deploy({'environment-variables': 'FEATURE_Y=on', mode: 'plan'})
    expect([plan.code, plan.outputs['status']]).toEqual([0, 'planned'])
    expect(JSON.parse(plan.outputs['preview'] ?? '{}')).toMatchObject({stage: 'ecs', verdict: 'change'})
    expect((await lab.describe()).taskDefinition).toBe(before.taskDefinition)
  },
  MINUTE,
)

test(
  'a step that is killed half-way is undone by its post step',
  async () => {
    const before = await lab.describe()
    const killed = await spawnAction('ecs-deploy', {
      inputs: {
        cluster: lab.cluster,
        service: lab.service,
        'task-definition': 'service',
        'environment-variables': 'FEATURE_Z=on',
      },
      env: lab.env,
      onOutput: (text, child) => {
        if (text.includes('registered')) setTimeout(() => child.kill('SIGKILL'), 1500)
      },
    })
    expect(killed.signal).toBe('SIGKILL')
    const post = await spawnAction('ecs-deploy', {entry: 'post', state: killed.state, env: lab.env})
    expect(post.code).toBe(0)
    expect(post.warnings[0]).toMatch(/did not come to its end: APIService is back on/)
    expect((await lab.describe()).taskDefinition).toBe(before.taskDefinition)
  },
  3 * MINUTE,
)
