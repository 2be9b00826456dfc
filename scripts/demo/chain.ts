import {execFile} from 'node:child_process'
import {promisify} from 'node:util'
import {CreateBucketCommand, S3Client} from '@aws-sdk/client-s3'
import {baseImageBuildContexts} from '../../lab/base-image.ts'
import {labClient} from '../../lab/index.ts'
import type {LabEnvironment} from '../../lab/index.ts'
import {runWorkflow} from '../../lab/runner.ts'
import type {JobRun, WorkflowRun} from '../../lab/runner.ts'
import type {Change} from './faults.ts'
import {cloneRepository} from './repository.ts'
import {versionOnKubernetes, versionsOnEcs} from './version.ts'
import type {ServedVersion} from './version.ts'

const execute = promisify(execFile)
const STATE_BUCKET = 'slipway-demo-state'
const NAMESPACE = 'streaming'

/** The jobs of a delivery, in the order of the chain, with what they are called in the closing table. */
export const JOBS = ['build', 'plan', 'approve', 'apply', 'migrate', 'ecs', 'kubernetes', 'report'] as const

const GREEN: readonly string[] = ['succeeded', 'unchanged', 'planned']

/** One delivery of sample-app through the lab. */
export interface ChainRun {
  readonly workflow: WorkflowRun
  readonly commit: string
  /** `sha256:<hex>` of the image that the build pushed or reused; undefined when the build failed. */
  readonly digest: string | undefined
  readonly seconds: number
}

/**
 * Runs `.github/workflows/deploy.yml` on a clone of this repository, as a push to main would.
 * @param change what to do to the clone first: a mistake, or anything else
 * @param onLine called for each line of a job's log
 * @param lostAfter the job after which the machine goes away
 */
export async function runChain(
  lab: LabEnvironment,
  change: Change | undefined,
  onLine: (job: string, line: string) => void,
  lostAfter?: string,
): Promise<ChainRun> {
  await makeStateBucket(lab)
  const inject = change && ((folder: string) => change.inject(folder, lab.registry))
  const clone = await cloneRepository(inject)
  const started = Date.now()
  try {
    const workflow = await runWorkflow(lab, {
      repository: clone.folder,
      workflow: '.github/workflows/deploy.yml',
      event: 'push',
      payload: {ref: 'refs/heads/main', after: clone.commit, repository: {default_branch: 'main'}},
      vars: labVariables(lab),
      secrets: {PLAN_KEY: 'a key for a lab that anybody may read'},
      onLine,
      ...(lostAfter !== undefined && {lostAfter}),
    })
    const seconds = (Date.now() - started) / 1000
    return {workflow, commit: clone.commit, digest: workflow.jobs.get('build')?.outputs['image']?.['digest'], seconds}
  } finally {
    await clone.remove()
    if (change?.leaves !== undefined) await removeFromCluster(lab, change.leaves)
  }
}

async function removeFromCluster(lab: LabEnvironment, object: string): Promise<void> {
  await execute('kubectl', ['-n', NAMESPACE, 'delete', object, '--ignore-not-found'], {
    env: {...process.env, ...lab.vars},
  })
}

/** The repository variables with which the workflows run in the lab. */
export function labVariables(lab: LabEnvironment): Record<string, string> {
  return {
    AWS_REGION: lab.region,
    AWS_ROLE: `arn:aws:iam::${lab.accountId}:role/deploy`,
    STATE_BUCKET,
    STATE_OPTIONS: 'use_path_style=true',
    ECR_REGISTRY: lab.registry,
    BUILD_CONTEXTS: baseImageBuildContexts().join('\n'),
    // The emulator has no Application Auto Scaling.
    AUTOSCALING: 'false',
  }
}

/** Makes the bucket of {@link labVariables} for states and plans, where it is missing. */
export async function makeStateBucket(lab: LabEnvironment): Promise<void> {
  const s3 = new S3Client({...labClient(lab), forcePathStyle: true})
  try {
    await s3.send(new CreateBucketCommand({Bucket: STATE_BUCKET}))
  } catch (error) {
    if (!/BucketAlready(OwnedByYou|Exists)/.test((error as Error).name)) throw error
  }
}

/** Asks the app, wherever it runs now, which version it is. @throws when a place does not answer */
export async function servedVersions(lab: LabEnvironment): Promise<ServedVersion[]> {
  return [
    ...(await versionsOnEcs(lab, 'StreamingCluster', 'APIService', 3000)),
    await versionOnKubernetes(lab, NAMESPACE, 'streaming-api'),
  ]
}

/** One line about a job for people: what its receipt says, else what went wrong. */
export function whatHappened(job: JobRun | undefined): {readonly status: string; readonly what: string} {
  if (job === undefined) return {status: 'skipped', what: ''}
  const steps = Object.values(job.outputs)
  const text = steps.findLast((outputs) => outputs['receipt'] !== undefined && outputs['receipt'] !== '')?.['receipt']
  const receipt = text === undefined ? undefined : (JSON.parse(text) as {status: string; headline?: string})
  if (job.result === 'success') return {status: receipt?.status ?? 'succeeded', what: receipt?.headline ?? ''}
  // The steps before the one that failed were green: their status is not the job's.
  const red = steps.map((outputs) => outputs['status']).findLast((each) => each !== undefined && !GREEN.includes(each))
  return {status: red ?? 'failed', what: job.errors[0] ?? ''}
}

/** The `failure-reason` of the step that failed in a job; undefined when none was set. */
export function failureReason(job: JobRun | undefined): string | undefined {
  const reasons = Object.values(job?.outputs ?? {}).map((outputs) => outputs['failure-reason'])
  return reasons.findLast((reason) => reason !== undefined && reason !== '')
}
