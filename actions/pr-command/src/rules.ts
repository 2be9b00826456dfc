import {Failure, titled} from '../../shared/core/diagnosis.ts'
import type {FailureReason} from '../../shared/core/diagnosis.ts'
import type {World} from '../../shared/core/world.ts'
import {checkProblem, readChecks} from './checks.ts'
import type {Comment} from './event.ts'
import {USAGE} from './grammar.ts'
import type {Command} from './grammar.ts'
import {PERMISSIONS} from './inputs.ts'
import type {Rules} from './inputs.ts'
import {commitsBehind, headAge, readPermission, readPull, readReviews} from './pull.ts'
import type {Asked, Pull} from './pull.ts'

/**
 * Refuses somebody who may not give commands here. Asked first: nothing else is told to a stranger.
 * @throws {Failure} `access-denied`
 */
export async function requirePermission(asked: Asked, {author}: Comment, {permission}: Rules): Promise<void> {
  const has = await readPermission(asked, author)
  // Each word includes those before it.
  if (PERMISSIONS.indexOf(has as Rules['permission']) >= PERMISSIONS.indexOf(permission)) return
  throw refusal(
    'access-denied',
    `commands need the permission "${permission}" on this repository, and ${author} has "${has}"`,
    'ask somebody who has it to give the command',
  )
}

/**
 * The pull request, when the command may be carried out for its head commit.
 * @throws {Failure} with the first reason against it
 */
export async function permitted(
  world: World,
  asked: Asked,
  {comment, command, rules}: {readonly comment: Comment; readonly command: Command; readonly rules: Rules},
): Promise<Pull> {
  const pull = await readPull(asked, comment.number)
  // A lock is freed for a pull request that was merged, too: it holds the state, not the code.
  if (command.name === 'unlock') return pull
  refuseState(pull, command)
  await requireSeenHead(world, asked, pull, comment, command)
  if (rules.upToDateFor.includes(command.name)) await requireUpToDate(asked, pull)
  if (rules.approvalFor.includes(command.name)) await requireApproval(asked, pull)
  if (rules.checksFor.includes(command.name)) await requireChecks(asked, pull, rules)
  return pull
}

function refuseState(pull: Pull, {name}: Command): void {
  if (pull.fromFork) {
    throw refusal(
      'rejected',
      'this pull request comes from a fork, whose code gets no credentials here, whoever asks for it',
      'read it, push the commit to a branch of this repository, and open a pull request from there',
    )
  }
  if (!pull.open) throw refusal('rejected', 'this pull request is closed', 'give the command before it is merged')
  if (pull.draft && name !== 'plan') {
    throw refusal('rejected', `this pull request is a draft`, `mark it as ready for review, then write /${name} again`)
  }
}

async function requireSeenHead(
  world: World,
  asked: Asked,
  pull: Pull,
  comment: Comment,
  {name, commit}: Command,
): Promise<void> {
  const head = pull.headSha.slice(0, 7)
  if (commit !== undefined) {
    if (pull.headSha.startsWith(commit)) return
    throw refusal(
      'head-moved',
      `the command is for ${commit.slice(0, 7)}, and the head of this pull request is ${head}`,
      `look at what was pushed, then write "/${name}" for the commit that you mean`,
    )
  }
  const age = await headAge(world, asked, pull, comment)
  if (age === 'before') return
  throw age === 'after'
    ? refusal(
        'head-moved',
        `${head} was pushed after the command was written`,
        `look at what was pushed, then write "/${name}" again`,
      )
    : refusal(
        'head-moved',
        `GitHub does not tell when ${head} was pushed, so it may be newer than the command`,
        `name the commit in the command, as in "${USAGE[name]} ${head}"`,
      )
}

async function requireUpToDate(asked: Asked, pull: Pull): Promise<void> {
  const behind = await commitsBehind(asked, pull)
  if (behind === 0) return
  const commits = behind === 1 ? 'one commit' : `${String(behind)} commits`
  throw refusal(
    'rejected',
    `the branch lacks ${commits} of ${pull.baseRef}, which this would take back`,
    `bring the branch up to date with ${pull.baseRef}, look at the new preview, then give the command again`,
  )
}

async function requireApproval(asked: Asked, pull: Pull): Promise<void> {
  const {approvedBy, approvedEarlier, refusedBy} = await readReviews(asked, pull)
  const head = pull.headSha.slice(0, 7)
  if (refusedBy.length > 0) {
    throw refusal('not-approved', `${refusedBy.join(', ')} asked for changes`, 'make them, and ask for another review')
  }
  if (approvedBy.length > 0) return
  const earlier = approvedEarlier.length > 0 ? `: what ${approvedEarlier.join(', ')} approved is an earlier commit` : ''
  throw refusal(
    'not-approved',
    `nobody with write permission but its author has approved ${head}${earlier}`,
    'ask for a review of this commit',
  )
}

async function requireChecks(asked: Asked, pull: Pull, {requiredChecks}: Rules): Promise<void> {
  const checks = await readChecks(asked, pull).catch((thrown: unknown) => {
    if ((thrown as {status?: number}).status !== 403) throw thrown
    throw refusal(
      'access-denied',
      'this run may not read the checks of the commit, and they have to be green',
      'give the job "checks: read" and "statuses: read", or set "checks-for: none"',
    )
  })
  const problem = checkProblem(checks, requiredChecks)
  if (problem === undefined) return
  const advice = /not done/.test(problem)
    ? 'wait for them, then give the command again'
    : 'mend that, or name the checks that count in "required-checks"'
  throw refusal('rejected', `${pull.headSha.slice(0, 7)} ${problem}`, advice)
}

/** A refusal: nothing was done, and the person who asked is told why. */
export function refusal(reason: FailureReason, cause: string, advice: string): Failure {
  return new Failure({reason, ...titled('Command refused'), cause, advice, undo: 'nothing was done'})
}
