import {jest} from '@jest/globals'
import {cpSync, mkdtempSync, rmSync} from 'node:fs'
import {tmpdir} from 'node:os'
import {join} from 'node:path'
import {randomUUID} from 'node:crypto'
import {DescribeServicesCommand, ECSClient} from '@aws-sdk/client-ecs'
import {labAwsConnection as connection, labAwsEnvironment as env} from '../support/lab-aws.ts'
import {spawnAction} from '../support/spawn-action.ts'
import type {ActionResult} from '../support/spawn-action.ts'
import {PLAN_KEY} from '../support/terraform-root.ts'

// The library's example with two providers, as a user copies it: one plan, one apply, and each region serves on its own. A
// load balancer of the lab takes a minute to be there.
jest.setTimeout(600_000)

const EXAMPLE = 'terraform/examples/two-regions'
const REGIONS = ['eu-west-1', 'us-east-1'] as const
const name = `two-${randomUUID().slice(0, 8)}`
const workspace = mkdtempSync(join(tmpdir(), 'slipway-two-regions-'))

beforeAll(() => {
  const library = join(import.meta.dirname, '../../terraform')
  cpSync(library, join(workspace, 'terraform'), {recursive: true, filter: (file) => !file.endsWith('.terraform')})
})
afterAll(async () => {
  if ((await statuses()).includes('ACTIVE')) await takeAway()
  rmSync(workspace, {recursive: true, force: true})
})

async function run(action: string, inputs: Readonly<Record<string, string>>): Promise<ActionResult> {
  const variables = JSON.stringify({name, autoscaling: false, deletion_protection: false, replicate_images: false})
  const common = {'working-directory': EXAMPLE, 'plan-store': 'plans', 'plan-key': PLAN_KEY, parallelism: '20'}
  const ran = await spawnAction(action, {env, workspace, inputs: {...common, variables, ...inputs}})
  expect(ran.errors).toEqual([])
  return ran
}

async function takeAway(): Promise<void> {
  const {outputs} = await run('terraform-plan', {destroy: 'true'})
  await run('terraform-apply', {'plan-id': outputs['plan-id'] ?? '', 'allow-destroy': '*'})
}

/** The service of this test in a region, as that region tells: `ACTIVE`, `INACTIVE`, or nothing known of it. */
async function status(region: string): Promise<string | undefined> {
  const ecs = new ECSClient({...connection, region})
  const found = await ecs
    .send(new DescribeServicesCommand({cluster: name, services: [name]}))
    .catch((error: unknown) => {
      if ((error as Error).name === 'ClusterNotFoundException') return undefined
      throw error
    })
  return found?.services?.[0]?.status
}

const statuses = async (): Promise<(string | undefined)[]> => await Promise.all(REGIONS.map(status))

test('one root makes the same service in two regions, and takes both away again', async () => {
  const planned = await run('terraform-plan', {})
  expect(Number(planned.outputs['to-add'])).toBeGreaterThan(50)
  expect(planned.summary).toMatch(/`module\.primary\.module\.service`[^]*`module\.secondary\.module\.service`/)
  const applied = await run('terraform-apply', {'plan-id': planned.outputs['plan-id'] ?? ''})
  expect(applied.outputs['added']).toBe(planned.outputs['to-add'])
  const deployments = JSON.parse(applied.outputs['deployments'] ?? '[]') as readonly {region: string; url: string}[]
  expect(deployments.map(({region, url}) => [region, url.includes(region)])).toEqual(
    REGIONS.map((region) => [region, true]),
  )
  expect(await statuses()).toEqual(['ACTIVE', 'ACTIVE'])
  // The lab's cloud forgets some settings of what it made, so that a second plan sets them again; it makes nothing anew.
  expect((await run('terraform-plan', {})).outputs).toMatchObject({'to-add': '0', 'to-destroy': '0'})
  await takeAway()
  expect(await statuses()).not.toContain('ACTIVE')
})
