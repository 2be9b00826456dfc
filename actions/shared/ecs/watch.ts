import type {Service} from '@aws-sdk/client-ecs'
import {explainAwsError, isAccessDenied, isThrottled, isTransient, transientWords} from '../aws/errors.ts'
import {stopwatch} from '../core/clock.ts'
import {Failure} from '../core/diagnosis.ts'
import type {World} from '../core/world.ts'
import type {Definition} from './definition.ts'
import type {Watched} from './judge.ts'
import type {Verdict} from './verdict.ts'
import {Eyes} from './look.ts'
import {Pace} from './pace.ts'
import type {Haste} from './pace.ts'
import type {Aws} from './aws.ts'
import {CloserLook} from './closer-look.ts'
import {Referee} from './referee.ts'
import type {Patience} from './referee.ts'
import {explainRefusal} from './refusals.ts'
import {isStopped} from './task-groups.ts'
import {eventLine, stateLine, stopLine} from './tell.ts'
import {Track} from './track.ts'
import {turnOf} from './turns.ts'

/** A deployment to watch. */
export interface Subject {
  readonly watched: Watched
  readonly definition: Definition
  /** The service as the change answered it. */
  readonly service: Service | undefined
}

/** How a watched deployment ended, with all that was seen of it. */
export interface Outcome {
  readonly track: Track
  readonly verdict: Verdict
  /** Milliseconds from the start of the watch. */
  readonly tookMs: number
}

const FIRST_LOOK_MS = 500
const HEARTBEAT_MS = 30_000
const UNREACHABLE_MS = 180_000

/**
 * Watches deployments of one cluster until the truth about each is known. Looks within half a second, then every
 * 2 s; prints a line per change and a heartbeat every 30 s.
 * @throws {Failure} when AWS refuses to show the services; the reason of `world.cancel` as soon as it is aborted
 */
export async function watch(
  world: World,
  aws: Aws,
  cluster: string,
  subjects: readonly Subject[],
  patience: Patience,
): Promise<Outcome[]> {
  return await new Watch(world, aws, cluster, subjects, patience).run()
}

class Watch {
  readonly #world: World
  readonly #eyes: Eyes
  readonly #referee: Referee
  readonly #started: number
  readonly #pace: Pace
  readonly #tracks: readonly Track[]
  readonly #outcomes = new Map<Track, Outcome>()
  readonly #told = new Map<Track, string>()
  readonly #toldTasks = new Set<string>()
  readonly #closer: CloserLook
  #lastLine: number
  #lastAnswer: number
  #looks = 0

  constructor(world: World, aws: Aws, cluster: string, subjects: readonly Subject[], patience: Patience) {
    this.#world = world
    this.#eyes = new Eyes(aws.poll, cluster)
    this.#started = world.clock.now()
    this.#lastLine = this.#started
    this.#lastAnswer = this.#started
    this.#pace = new Pace(this.#started)
    const {onPause = 'wait'} = patience
    const say = (track: Track, text: string): void => {
      this.#say(track, text)
    }
    this.#referee = new Referee(patience, this.#started, say)
    this.#closer = new CloserLook({world, aws, cluster, eyes: this.#eyes, pace: this.#pace, onPause, say})
    this.#tracks = subjects.map(({watched, definition, service}) => new Track(watched, definition, service))
  }

  async run(): Promise<Outcome[]> {
    const {clock, cancel} = this.#world
    await clock.sleep(FIRST_LOOK_MS, cancel)
    for (;;) {
      const open = this.#tracks.filter((track) => !this.#outcomes.has(track))
      await this.#look(open)
      for (const track of open) this.#conclude(track)
      if (this.#outcomes.size === this.#tracks.length) break
      const left = open.filter((track) => !this.#outcomes.has(track))
      await this.#pause(this.#pace.next(this.#eyes.calls, clock.now(), haste(left)), left)
    }
    return this.#tracks.map((track) => this.#outcomes.get(track)).filter((outcome) => outcome !== undefined)
  }

  // A look that is put off puts off no heartbeat.
  async #pause(ms: number, open: readonly Track[]): Promise<void> {
    const {clock, cancel} = this.#world
    const beat = Math.max(0, this.#lastLine + HEARTBEAT_MS - clock.now())
    if (beat < ms) {
      await clock.sleep(beat, cancel)
      this.#heartbeat(open)
    }
    await clock.sleep(beat < ms ? ms - beat : ms, cancel)
  }

  async #look(open: readonly Track[]): Promise<void> {
    try {
      const now = this.#world.clock.now()
      const turn = turnOf(open, this.#looks, !this.#pace.inDebt(this.#eyes.calls, now))
      this.#looks += 1
      if (turn.services) await this.#seeServices(open)
      await this.#closer.decide(open, turn)
      await this.#closer.at(open)
      for (const track of open) {
        this.#tellTasks(track)
        this.#tellState(track)
      }
      this.#lastAnswer = this.#world.clock.now()
      this.#pace.answered()
    } catch (error) {
      this.#bear(error)
    }
  }

  async #seeServices(open: readonly Track[]): Promise<void> {
    const services = await this.#eyes.services(open.map(({watched}) => watched.service))
    const now = this.#world.clock.now()
    for (const track of open) this.#tellEvents(track, track.see(services.get(track.watched.service), now))
  }

  // The next look is the retry; only what no retry can mend ends the watch.
  #bear(error: unknown): void {
    if (error instanceof Failure && !isTransient(error)) throw error
    if (isAccessDenied(error)) throw explainAwsError(error, 'ecs:DescribeServices')
    if (isThrottled(error)) this.#pace.throttled()
    const silent = this.#world.clock.now() - this.#lastAnswer
    if (!isTransient(error) || silent > UNREACHABLE_MS) {
      const subject = this.#tracks.map(({watched}) => watched.service).join(', ')
      throw explainRefusal(explainAwsError(error, 'ecs:DescribeServices'), {subject, what: 'ECS does not show it'})
    }
    this.#say(undefined, `AWS did not answer (${transientWords(error)}); looking again`)
  }

  #conclude(track: Track): void {
    const now = this.#world.clock.now()
    const verdict = this.#referee.verdict(track, now)
    if (verdict === undefined) return
    track.verdict = verdict
    this.#outcomes.set(track, {track, verdict, tookMs: now - this.#started})
  }

  #tellEvents(track: Track, messages: readonly string[]): void {
    for (const message of messages) this.#say(track, `ECS: ${eventLine(message)}`)
  }

  #tellTasks(track: Track): void {
    for (const task of track.tasks.filter(isStopped)) {
      const arn = task.taskArn ?? ''
      const line = this.#toldTasks.has(arn) ? undefined : stopLine(task, track.definition)
      this.#toldTasks.add(arn)
      if (line !== undefined) this.#say(track, line)
    }
  }

  #tellState(track: Track): void {
    const line = stateLine(track)
    if (this.#told.get(track) === line) return
    this.#told.set(track, line)
    this.#say(track, line)
  }

  #heartbeat(open: readonly Track[]): void {
    if (this.#world.clock.now() - this.#lastLine < HEARTBEAT_MS) return
    for (const track of open) this.#say(track, `still waiting: ${stateLine(track)}`)
  }

  #say(track: Track | undefined, text: string): void {
    const now = this.#world.clock.now()
    this.#lastLine = now
    const name = track === undefined || this.#tracks.length === 1 ? '' : `${track.watched.service}  `
    this.#world.log.line(`  ${stopwatch(now - this.#started)}  ${name}${text.replace(/\s*[\r\n]+\s*/g, ' ')}`)
  }
}

// Where tasks are still on their way, no deployment ends within the next seconds; where all run, it may end any moment.
function haste(left: readonly Track[]): Haste {
  if (left.some((track) => track.isFailing)) return 'failing'
  if (left.every((track) => track.completedAt !== undefined)) return 'complete'
  return left.every((track) => !track.allRunning) ? 'starting' : 'any-moment'
}
