import type {Diagnosis, Failure} from '../../shared/core/diagnosis.ts'
import type {World} from '../../shared/core/world.ts'
import type {Aws} from '../../shared/ecs/aws.ts'
import {diagnose} from '../../shared/ecs/diagnose.ts'
import {Eyes} from '../../shared/ecs/look.ts'
import {proveImages} from '../../shared/ecs/proof.ts'
import type {Outcome} from '../../shared/ecs/watch.ts'
import type {Job} from './report.ts'
import {verifyUrl} from './verify.ts'

/** A service that did not come to run what was wanted, and why. */
export interface Trouble {
  readonly outcome: Outcome
  readonly diagnosis: Diagnosis
  readonly status: Failure['status']
}

/** Every service whose deployment failed, runs other bytes than wanted, or does not answer as expected. */
export async function findTrouble(world: World, aws: Aws, job: Job, outcomes: readonly Outcome[]): Promise<Trouble[]> {
  const failed = outcomes.filter(({verdict}) => verdict.kind !== 'completed')
  if (failed.length > 0) return await Promise.all(failed.map((outcome) => troubleOf(world, aws, job, outcome)))
  const strangers = await otherImages(aws, job, outcomes)
  if (strangers.length > 0) return strangers
  return await wrongAnswer(world, job, outcomes)
}

async function troubleOf(world: World, aws: Aws, {inputs, change}: Job, outcome: Outcome): Promise<Trouble> {
  const name = outcome.track.watched.service
  const differences = change.perTarget.find(({target}) => target.name === name)?.differences ?? []
  const {cluster, logLines, origin} = inputs
  const diagnosis = await diagnose(world, aws, {outcome, cluster, logLines, differences, origin})
  return {outcome, diagnosis, status: STATUS[outcome.verdict.kind]}
}

const STATUS: Readonly<Record<Outcome['verdict']['kind'], Failure['status']>> = {
  completed: 'failed',
  failed: 'failed',
  'rolled-back': 'rolled-back',
  superseded: 'superseded',
  stopped: 'failed',
  deleted: 'failed',
  'scaled-to-zero': 'failed',
  'timed-out': 'timed-out',
}

async function otherImages(aws: Aws, {inputs}: Job, outcomes: readonly Outcome[]): Promise<Trouble[]> {
  const eyes = new Eyes(aws.ecs, inputs.cluster)
  const found = await Promise.all(
    outcomes.map(async (outcome) => {
      const {watched, definition} = outcome.track
      const running = await eyes.tasks(watched.service, 'RUNNING').catch(() => [])
      const ours = running.filter(({taskDefinitionArn}) => taskDefinitionArn === watched.taskDefinition)
      const {mismatch} = proveImages(ours, definition)
      if (mismatch === undefined) return []
      const advice = 'deploy the image by its digest (repository@sha256:…), which cannot change underneath a deployment'
      const diagnosis: Diagnosis = {reason: 'rejected', subject: watched.service, cause: mismatch, advice}
      return [{outcome, diagnosis, status: 'failed' as const}]
    }),
  )
  return found.flat()
}

async function wrongAnswer(world: World, {inputs}: Job, outcomes: readonly Outcome[]): Promise<Trouble[]> {
  if (inputs.verify === undefined) return []
  const wrong = await verifyUrl(world, inputs.verify)
  if (wrong === undefined) return []
  return outcomes.map((outcome) => ({
    outcome,
    status: 'failed' as const,
    diagnosis: {
      reason: 'health-check-failed' as const,
      subject: outcome.track.watched.service,
      cause: `the deployment is complete, but ${inputs.verify?.url ?? ''} ${wrong}`,
      advice: 'ask that address yourself; correct the app, or verify-url, verify-status and verify-body',
    },
  }))
}
