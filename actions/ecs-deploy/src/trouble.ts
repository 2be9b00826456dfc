import type {Diagnosis, Failure} from '../../shared/core/diagnosis.ts'
import type {World} from '../../shared/core/world.ts'
import type {Aws} from '../../shared/ecs/aws.ts'
import {diagnose} from '../../shared/ecs/diagnose.ts'
import type {Outcome} from '../../shared/ecs/watch.ts'
import type {Proofs} from './proofs.ts'
import type {Job} from './report.ts'
import {verifyUrl} from './verify.ts'

/** A service that did not come to run what was wanted, and why. */
export interface Trouble {
  readonly outcome: Outcome
  readonly diagnosis: Diagnosis
  readonly status: Failure['status']
}

/** Every service whose deployment failed, runs other bytes than wanted, or does not answer as expected. */
export async function findTrouble(
  world: World,
  aws: Aws,
  job: Job,
  outcomes: readonly Outcome[],
  proofs: Proofs,
): Promise<Trouble[]> {
  const failed = outcomes.filter(({verdict}) => verdict.kind !== 'completed')
  if (failed.length > 0) return await Promise.all(failed.map((outcome) => troubleOf(world, aws, job, outcome)))
  const strangers = otherImages(outcomes, proofs)
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

function otherImages(outcomes: readonly Outcome[], proofs: Proofs): Trouble[] {
  return outcomes.flatMap((outcome): Trouble[] => {
    const {service} = outcome.track.watched
    const mismatch = proofs.get(service)?.mismatch
    if (mismatch === undefined) return []
    const advice = 'deploy the image by its digest (repository@sha256:…), which cannot change underneath a deployment'
    return [{outcome, diagnosis: {reason: 'rejected', subject: service, cause: mismatch, advice}, status: 'failed'}]
  })
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
