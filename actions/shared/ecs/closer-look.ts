import {ContinueServiceDeploymentCommand} from '@aws-sdk/client-ecs'
import type {DeploymentLifecycleHookDetail} from '@aws-sdk/client-ecs'
import {isAccessDenied} from '../aws/errors.ts'
import type {World} from '../core/world.ts'
import {ask} from './aws.ts'
import type {Aws} from './aws.ts'
import {judge} from './judge.ts'
import type {Eyes} from './look.ts'
import {shortName} from './names.ts'
import type {Pace} from './pace.ts'
import {lookAtTargets, targetGroupsOf} from './target-health.ts'
import type {Track} from './track.ts'

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
   * Takes in all there is to know of one deployment now.
   * @throws {Failure} when CodeDeploy may not be asked about its own deployment: nothing would ever be known
   */
  async at(track: Track): Promise<void> {
    const {world, eyes, pace} = this.#glasses
    await this.#askCodeDeploy(track)
    await this.#askForRecord(track)
    const now = world.clock.now()
    if (track.wantsTasks(now) && !pace.inDebt(eyes.calls, now, track.hasChanged)) {
      await this.#ifAllowed('ecs:ListTasks and ecs:DescribeTasks', () => track.lookAtTasks(eyes, now))
    }
    await this.#askForTargets(track, now)
  }

  async #askForTargets(track: Track, now: number): Promise<void> {
    const {aws, eyes, pace} = this.#glasses
    const {service} = track.snapshot
    if (service === undefined || !track.wantsTargets(now) || pace.inDebt(eyes.calls, now)) return
    if (judge(track.watched, track.snapshot) !== undefined) return
    eyes.calls += targetGroupsOf(service).length
    // Asked at the first sign only once where that is not allowed, and again in a while where it is.
    track.seeTargets([], now)
    await this.#ifAllowed('elasticloadbalancing:DescribeTargetHealth', async () => {
      track.seeTargets(await lookAtTargets(aws, service, track.tasks), now)
    })
  }

  async #askForRecord(track: Track): Promise<void> {
    const {record} = track
    if (record === undefined) return
    if (!track.watched.staged && judge(track.watched, track.snapshot) === undefined) return
    await this.#ifAllowed('ecs:DescribeServiceDeployments', async () => {
      track.seeRecord(await this.#glasses.eyes.deployment(record))
    })
    for (const hook of track.snapshot.record?.lifecycleHookDetails ?? []) await this.#pause(track, record, hook)
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

  async #askCodeDeploy(track: Track): Promise<void> {
    const {codeDeployId: id, service} = track.watched
    if (id === undefined) return
    const {aws, cluster, eyes, pace, world} = this.#glasses
    eyes.calls += 1
    const deployment = await ask('codedeploy:GetDeployment', () => aws.codeDeploy.deployment(id))
    track.seeCodeDeploy({deployment, target: undefined})
    if (deployment.status === 'Ready') await this.#ready(track, id)
    const over = judge(track.watched, track.snapshot) !== undefined
    if (!over && pace.inDebt(eyes.calls, world.clock.now())) return
    await this.#ifAllowed('codedeploy:BatchGetDeploymentTargets', async () => {
      eyes.calls += 1
      track.seeCodeDeploy({deployment, target: await aws.codeDeploy.target(id, shortName(cluster), service)})
    })
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
      this.#refused.add(iamActions)
      this.#glasses.world.log.warning(
        `This job may not see or do all that it could: allow ${iamActions}, to be told why tasks stop and to end pauses.`,
      )
    }
  }
}
