import {labService} from '../support/lab-ecs.ts'
import type {LabService} from '../support/lab-ecs.ts'
import {spawnAction} from '../support/spawn-action.ts'
import type {ActionResult} from '../support/spawn-action.ts'

const MINUTE = 60_000
let lab: LabService

beforeAll(async () => {
  lab = await labService('ecs-run-task')
}, MINUTE)
afterAll(async () => {
  await lab.remove()
}, MINUTE)

const runTask = async (inputs: Readonly<Record<string, string>>): Promise<ActionResult> => {
  const {cluster, service, env} = lab
  return await spawnAction('ecs-run-task', {inputs: {cluster, 'from-service': service, ...inputs}, env})
}

test(
  'a real task writes its log live and ends green',
  async () => {
    const command = `node -e 'let n = 0; const t = setInterval(() => {console.log("step " + ++n); if (n === 3) clearInterval(t)}, 1000); console.log(process.env.WHO)'`
    const good = await runTask({command, 'environment-variables': 'WHO=a=b'})
    expect([good.code, good.outputs['status'], good.outputs['exit-code']]).toEqual([0, 'succeeded', '0'])
    expect(good.outputs['log-output']).toBe('a=b\nstep 1\nstep 2\nstep 3')
    expect(good.log.indexOf('│ step 1')).toBeLessThan(good.log.indexOf('stopped'))
  },
  MINUTE,
)

test(
  'a command that fails is red with its exit code and its last line',
  async () => {
    const bad = await runTask({command: `sh -c 'echo "migration 7 failed: no such column" >&2; exit 9'`})
    expect([bad.code, bad.outputs['exit-code'], bad.outputs['failure-reason']]).toEqual([1, '9', 'container-exited'])
    for (const place of [bad.log, bad.errors[0], bad.summary]) {
      expect(place).toMatch(/exits with code 9.*: migration 7 failed: no such column/)
    }
  },
  MINUTE,
)

test(
  'a task whose image is not there never started, and says why',
  async () => {
    const bad = await runTask({image: 'localhost:4566/ecs-run-task-nothing/here:v9'})
    expect([bad.code, bad.outputs['exit-code'], bad.outputs['failure-reason']]).toEqual([1, '', 'image-not-found'])
    expect(bad.errors[0]).toMatch(/cannot pull its image/)
  },
  MINUTE,
)

test(
  'a run that is killed leaves no task behind',
  async () => {
    const killed = await spawnAction('ecs-run-task', {
      inputs: {cluster: lab.cluster, 'from-service': lab.service, command: `node -e 'setInterval(() => {}, 1000)'`},
      env: lab.env,
      onOutput: (text, child) => {
        if (text.includes('running')) child.kill('SIGKILL')
      },
    })
    expect(killed.signal).toBe('SIGKILL')
    const post = await spawnAction('ecs-run-task', {entry: 'post', state: killed.state, env: lab.env})
    expect([post.code, post.warnings]).toEqual([0, []])
    expect(post.log).toMatch(/stopped task/)
  },
  MINUTE,
)
