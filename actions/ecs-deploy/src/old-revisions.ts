import {
  DeregisterTaskDefinitionCommand,
  DescribeTasksCommand,
  ListTaskDefinitionsCommand,
  ListTasksCommand,
} from '@aws-sdk/client-ecs'
import {errorMessage} from '../../shared/core/errors.ts'
import type {World} from '../../shared/core/world.ts'
import {ask} from '../../shared/ecs/aws.ts'
import type {Aws} from '../../shared/ecs/aws.ts'
import {shortName} from '../../shared/ecs/names.ts'
import {persist} from '../../shared/ecs/persist.ts'
import {findServices} from '../../shared/ecs/targets.ts'
import type {Job} from './report.ts'

// ECS takes one DeregisterTaskDefinition a second; a family that was never tidied up is tidied over several deploys.
const MOST_AT_ONCE = 30

/**
 * Deregisters old revisions of the deployed family, as `keep-revisions` says. Kept are the newest ones, the revision
 * that ran before, and each that a deployment of these services or a running task of the cluster has. A deregistered
 * revision goes on running where it runs
 * (https://docs.aws.amazon.com/AmazonECS/latest/APIReference/API_DeregisterTaskDefinition.html). Never throws: the
 * deploy is done, what is left over is no reason to fail it.
 */
export async function deregisterOldRevisions(world: World, aws: Aws, job: Job): Promise<void> {
  const {keepRevisions} = job.inputs
  const family = job.change.wanted.family
  if (keepRevisions === undefined || family === undefined) return
  try {
    const revisions = await revisionsOf(aws, family)
    const used = await usedRevisions(aws, job, family)
    const old = revisions.slice(keepRevisions).filter((arn) => !used.has(arn))
    const now = old.slice(-MOST_AT_ONCE)
    for (const arn of now) await deregister(world, aws, arn)
    const left = old.length - now.length
    const rest = left > 0 ? `; ${String(left)} more at the next deploys` : ''
    world.log.line(`  deregistered ${String(now.length)} old revisions of ${family}${rest}`)
  } catch (error) {
    world.log.warning(`Old revisions of ${family} were not deregistered: ${errorMessage(error)}`)
  }
}

async function deregister(world: World, aws: Aws, taskDefinition: string): Promise<void> {
  const command = new DeregisterTaskDefinitionCommand({taskDefinition})
  await ask('ecs:DeregisterTaskDefinition', () => persist(world.clock, world.cancel, () => aws.ecs.send(command)))
}

// The active revisions of exactly this family, the newest first.
async function revisionsOf(aws: Aws, family: string): Promise<string[]> {
  const found: string[] = []
  let nextToken: string | undefined
  do {
    const question = {familyPrefix: family, status: 'ACTIVE', sort: 'DESC', ...(nextToken && {nextToken})} as const
    const answer = await ask('ecs:ListTaskDefinitions', () => aws.ecs.send(new ListTaskDefinitionsCommand(question)))
    found.push(...(answer.taskDefinitionArns ?? []))
    nextToken = answer.nextToken
  } while (nextToken !== undefined)
  return found.filter((arn) => shortName(arn).startsWith(`${family}:`))
}

async function usedRevisions(aws: Aws, job: Job, family: string): Promise<ReadonlySet<string>> {
  const {cluster, services} = job.inputs
  const now = await findServices(aws, cluster, services)
  const listed = await ask('ecs:ListTasks', () => aws.ecs.send(new ListTasksCommand({cluster, family})))
  const tasks = listed.taskArns ?? []
  const described =
    tasks.length === 0
      ? undefined
      : await ask('ecs:DescribeTasks', () => aws.ecs.send(new DescribeTasksCommand({cluster, tasks})))
  return new Set([
    job.revision,
    ...job.change.perTarget.flatMap(({target}) => target.running?.arn ?? []),
    ...now.flatMap(({taskDefinition, deployments = []}) => [
      taskDefinition ?? '',
      ...deployments.map((deployment) => deployment.taskDefinition ?? ''),
    ]),
    ...(described?.tasks ?? []).map(({taskDefinitionArn = ''}) => taskDefinitionArn),
  ])
}
