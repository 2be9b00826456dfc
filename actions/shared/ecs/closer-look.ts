import {ContinueServiceDeploymentCommand} from '@aws-sdk/client-ecs'
import type {DeploymentLifecycleHookDetail} from '@aws-sdk/client-ecs'
import {isAccessDenied} from '../aws/errors.ts'
import {errorMessage} from '../core/errors.ts'
import type {World} from '../core/world.ts'
import {ask} from './aws.ts'
import type {Aws} from './aws.ts'
import {judge} from './judge.ts'
import {refusalOf} from './refusals.ts'
import type {Eyes} from './look.ts'
import {shortName} from './names.ts'
import type {Pace} from './pace.ts'
import {lookAtTasks} from './task-look.ts'
import {lookAtTargets, targetGroupsOf} from './target-health.ts'
import type {Track} from './track.ts'
import {looksOver} from './turns.ts'
import type {Turn} from './turns.ts'

/** What a closer look works with. */
export interface Glasses {
  readonly world: World
  readonly aws: Aws
  readonly cluster: string
  readonly eyes: Eyes
  readonly pace: Pace
  /** Whether a pause of the deployment is ended by us, or by a person. */
  readonly onPause: 'wait' | 'continue'
  /** Puts a line about a deployment into the log. */
  readonly say: (track: Track, text: string) => void
}

/** Looks behind what DescribeServices says: at the record of a deployment, at CodeDeploy, at pauses, at the tasks. */
export class CloserLook {
  readonly #glasses: Glasses
  readonly #refused = new Set<string>()
  readonly #toldPauses = new Set<string>()

  constructor(glasses: Glasses) {
    this.#glasses = glasses
  }

  /**
   * Asks who decides about the deployments: ECS's records of them, and CodeDeploy about its own.
   * @param turn what this look asks for; a deployment that looks over is asked about in any case
   * @throws {Failure} when CodeDeploy may not be asked about its own deployment: nothing would ever be known
   */
  async decide(open: readonly Track[], turn: Turn): Promise<void> {
    if (turn.traffic) await this.#askForTraffic(open)
    const asked = open.filter((track) => turn.deciding || looksOver(track))
    await this.#askCodeDeploy(asked.filter(({watched}) => watched.codeDeployId !== undefined))
    const due = open.filter((track) => this.#wantsRecord(track, turn))
    await this.#askForRecords(due)
  }

  /** Takes in what tasks and load balancers say of the deployments now. */
  async at(open: readonly Track[]): Promise<void> {
    const {world, eyes} = this.#glasses
    const now = world.clock.now()
    const due = open.filter((track) => track.wantsTasks(now))
    if (due.some((track) => this.#isAffordable(track, now))) {
      await this.#ifAllowed('ecs:ListTasks and ecs:DescribeTasks', () => lookAtTasks(eyes, due, now))
    }
    for (const track of open) await this.#askForTargets(track, now)
  }

  // A complete deployment is watched on for nothing else than its tasks: they are looked at whatever was called before.
  #isAffordable(track: Track, now: number): boolean {
    const {eyes, pace} = this.#glasses
    const urgency = track.isFailing ? 'failing' : track.hasChanged ? 'changed' : 'calm'
    return track.completedAt !== undefined || !pace.inDebt(eyes.calls, now, urgency)
  }

  async #askForTargets(track: Track, now: number): Promise<void> {
    const {aws, eyes, pace} = this.#glasses
    const {service} = track.snapshot
    if (service === undefined || !track.wantsTargets(now) || pace.inDebt(eyes.calls, now, 'changed')) return
    if (judge(track.watched, track.snapshot) !== undefined) return
    eyes.calls += targetGroupsOf(service).length
    // Asked at the first sign only once where that is not allowed, and again in a while where it is.
    track.seeTargets([], now)
    await this.#ifAllowed('elasticloadbalancing:DescribeTargetHealth', async () => {
      track.seeTargets(await lookAtTargets(aws, service, track.tasks), now)
    })
  }

  // The record of a rolling deployment only confirms a verdict that its service allows already.
  #wantsRecord(track: Track, turn: Turn): boolean {
    if (track.record === undefined || track.watched.codeDeployId !== undefined) return false
    if (track.watched.staged) return turn.deciding || looksOver(track)
    return judge(track.watched, track.snapshot) !== undefined
  }

  async #askForRecords(tracks: readonly Track[]): Promise<void> {
    if (tracks.length === 0) return
    try {
      const records = await this.#glasses.eyes.deployments(tracks.map(({record = ''}) => record))
      for (const track of tracks) track.seeRecord(records.get(track.record ?? ''))
    } catch (error) {
      if (!isAccessDenied(error) && refusalOf(error) === undefined) throw error
      this.#doWithoutRecords(tracks, error)
    }
    for (const track of tracks) {
      const hooks = track.snapshot.record?.lifecycleHookDetails ?? []
      for (const hook of hooks) await this.#pause(track, track.record ?? '', hook)
    }
  }

  // That DescribeServices answers is enough: only stages, traffic and pauses remain unseen.
  #doWithoutRecords(tracks: readonly Track[], error: unknown): void {
    for (const track of tracks) track.doWithoutRecord()
    const {world} = this.#glasses
    const why = isAccessDenied(error)
      ? 'this job may not look: allow ecs:DescribeServiceDeployments'
      : errorMessage(error)
    const staged = tracks.filter(({watched}) => watched.staged).map(({watched}) => watched.service)
    if (staged.length === 0) {
      if (isAccessDenied(error)) this.#warnOnce('ecs:DescribeServiceDeployments')
      return
    }
    world.log.warning(
      `Stages, traffic and pauses of ${staged.join(', ')} are not shown (${why}). The deployment counts as complete once its old tasks are gone.`,
    )
  }

  // https://docs.aws.amazon.com/AmazonECS/latest/APIReference/API_ContinueServiceDeployment.html
  async #pause(track: Track, serviceDeploymentArn: string, hook: DeploymentLifecycleHookDetail): Promise<void> {
    const {hookId, status, expiresAt, timeoutAction = 'ROLLBACK'} = hook
    const key = `${serviceDeploymentArn} ${hookId ?? ''} ${track.snapshot.record?.lifecycleStage ?? ''}`
    if (hookId === undefined || status !== 'AWAITING_ACTION' || this.#toldPauses.has(key)) return
    const {aws, onPause, say} = this.#glasses
    if (onPause === 'continue') {
      const command = new ContinueServiceDeploymentCommand({serviceDeploymentArn, hookId, action: 'CONTINUE'})
      await this.#ifAllowed('ecs:ContinueServiceDeployment', async () => {
        await aws.ecs.send(command)
        say(track, `paused by hook ${hookId}: continued (on-pause: continue)`)
      })
      this.#toldPauses.add(key)
      return
    }
    this.#toldPauses.add(key)
    const end = expiresAt === undefined ? '' : `; at ${expiresAt.toISOString()} ECS does ${timeoutAction} by itself`
    say(track, `paused by hook ${hookId}${end}. To go on, or back with --action ROLLBACK:`)
    say(
      track,
      `aws ecs continue-service-deployment --service-deployment-arn ${serviceDeploymentArn} --hook-id ${hookId} --action CONTINUE`,
    )
  }

  async #askCodeDeploy(tracks: readonly Track[]): Promise<void> {
    if (tracks.length === 0) return
    const {aws, eyes} = this.#glasses
    const ids = tracks.map(({watched}) => watched.codeDeployId ?? '')
    eyes.calls += 1
    const action = ids.length === 1 ? 'codedeploy:GetDeployment' : 'codedeploy:BatchGetDeployments'
    const deployments = await ask(action, () => aws.codeDeploy.deployments(ids))
    for (const track of tracks) {
      const id = track.watched.codeDeployId ?? ''
      const deployment = deployments.get(id)
      if (deployment === undefined) continue
      track.seeCodeDeploy({deployment, target: undefined})
      if (deployment.status === 'Ready') await this.#ready(track, id)
    }
    // How the end came about is in the lifecycle events.
    await this.#askForTraffic(tracks.filter((track) => judge(track.watched, track.snapshot) !== undefined))
  }

  async #askForTraffic(tracks: readonly Track[]): Promise<void> {
    const {aws, cluster, eyes} = this.#glasses
    for (const track of tracks) {
      const {codeDeployId: id, service} = track.watched
      if (id === undefined) continue
      await this.#ifAllowed('codedeploy:BatchGetDeploymentTargets', async () => {
        eyes.calls += 1
        track.seeTraffic(await aws.codeDeploy.target(id, shortName(cluster), service))
      })
    }
  }

  // https://docs.aws.amazon.com/codedeploy/latest/APIReference/API_ContinueDeployment.html
  async #ready(track: Track, id: string): Promise<void> {
    if (this.#toldPauses.has(id)) return
    const {aws, onPause, say} = this.#glasses
    if (onPause === 'continue') {
      await this.#ifAllowed('codedeploy:ContinueDeployment', async () => {
        await aws.codeDeploy.proceed(id)
        say(track, 'the new tasks are ready: the traffic is let go to them (on-pause: continue)')
      })
      this.#toldPauses.add(id)
      return
    }
    this.#toldPauses.add(id)
    say(track, 'the new tasks are ready, and CodeDeploy waits for somebody to let the traffic move:')
    say(track, `aws deploy continue-deployment --deployment-id ${id} --deployment-wait-type READY_WAIT`)
  }

  // Knowing less is no reason to fail a deployment that may be all right: what is missing is said once.
  async #ifAllowed(iamActions: string, look: () => Promise<void>): Promise<void> {
    if (this.#refused.has(iamActions)) return
    try {
      await look()
    } catch (error) {
      if (!isAccessDenied(error)) throw error
      this.#warnOnce(iamActions)
    }
  }

  #warnOnce(iamActions: string): void {
    if (this.#refused.has(iamActions)) return
    this.#refused.add(iamActions)
    this.#glasses.world.log.warning(
      `This job may not see or do all that it could: allow ${iamActions}, to be told why tasks stop and to end pauses.`,
    )
  }
}
