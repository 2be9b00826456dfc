import * as z from 'zod/mini'
import {Failure, titled} from '../../shared/core/diagnosis.ts'
import type {World} from '../../shared/core/world.ts'
import {workedOnCommit} from '../../shared/core/checked-out.ts'
import {makeGitHub, ownRepository} from '../../shared/github/client.ts'
import {readComment} from '../../shared/github/comment.ts'
import type {Preview} from '../../shared/report/preview.ts'
import type {ApprovedInputs} from './inputs.ts'
import {shownSchema} from './shown.ts'
import type {Shown} from './shown.ts'

/**
 * Holds what would be done now against what somebody approved, stage by stage: the digest of a preview is of the change
 * itself, so the same change made again has it again. A stage with nothing left to do is as approved: an earlier attempt has
 * done it.
 * @param unseen what could not be previewed now, of which nobody knows whether it is as approved
 * @throws {Failure} `plan-changed` for a change that nobody approved
 */
export function requireApproved(
  approved: readonly Shown[],
  now: readonly Preview[],
  unseen: readonly string[] = [],
): void {
  const [blind] = unseen
  if (blind !== undefined) throw changed(blind, 'what would be done here could not be seen, so nobody approved it', [])
  for (const preview of now.filter(({verdict}) => verdict !== 'none')) {
    const shown = approved.find(({stage, subject}) => stage === preview.stage && subject === preview.subject)
    if (shown?.digest === preview.digest) continue
    throw changed(
      preview.subject,
      shown === undefined
        ? 'what would be done here was not shown to those who approved'
        : 'what would be done now is not what was approved',
      [
        ...(shown === undefined ? [] : [{title: 'approved', lines: linesOf(shown)}]),
        {title: 'now', lines: linesOf(preview)},
      ],
    )
  }
}

function changed(subject: string, cause: string, evidence: {title: string; lines: string[]}[]): Failure {
  return new Failure({
    ...{reason: 'plan-changed', subject, cause, evidence},
    advice: 'run the whole workflow again: it shows what would be done now, and asks for an approval of that',
    undo: 'nothing was changed here',
  })
}

function linesOf({headline = '', body = '', digest}: Shown): string[] {
  const text = body.split('\n').filter((line) => line.trim() !== '' && !line.startsWith('```'))
  return [...(headline === '' ? [] : [headline]), ...text.slice(0, 40), digest]
}

const SHOWN = 'slipway-shown'

// What a comment hides for the run that comes after the merge. Digests only: they say nothing, and are of fixed letters.
const noteSchema = z.object({commit: z.string(), all: z.number(), shown: z.array(shownSchema)})

type Note = z.infer<typeof noteSchema>

/** A comment of many services is written in parts, and cut between lines: no line may be as long as a part. */
const PER_LINE = 50

/** The hidden lines of a comment from which {@link readShown} learns what it showed. @param commit the head, in full */
export function shownNotes(previews: readonly Preview[], commit: string): string[] {
  const shown = previews
    .map(({stage, subject, digest}) => ({stage, subject, digest}))
    .sort((a, b) => a.stage.localeCompare(b.stage) || a.subject.localeCompare(b.subject))
  const lines = Math.ceil(shown.length / PER_LINE)
  return Array.from({length: lines}, (_none, at) => {
    const note: Note = {commit, all: shown.length, shown: shown.slice(at * PER_LINE, (at + 1) * PER_LINE)}
    // A subject is a name of the user's, and might end the comment.
    return `<!-- ${SHOWN} ${Buffer.from(JSON.stringify(note)).toString('base64')} -->`
  })
}

/**
 * Hands on what the pull request showed whose merge this run works on, for `approved` of a later step.
 * @throws {Failure} `not-approved` when there is no such pull request, or none whose preview was complete and of its last
 * commit
 */
export async function readShown(world: World, {token, commentKey}: ApprovedInputs): Promise<void> {
  const github = makeGitHub(world.env, token, world.log)
  const repository = ownRepository(world.env)
  const commit = workedOnCommit(world.env)
  const {data} = await github.rest.repos.listPullRequestsAssociatedWithCommit({...repository, commit_sha: commit})
  const pull = data.find((each) => each.merged_at !== null && each.merge_commit_sha === commit)
  if (pull === undefined) throw notApproved(`${commit.slice(0, 7)} is not the merge of a pull request`)
  const name = `pull request ${String(pull.number)}`
  const body = await readComment(github, {repository, number: pull.number, key: commentKey})
  if (body === undefined) throw notApproved(`${name} has no preview "${commentKey}"`)
  const note = noteOf(body)
  if (note === undefined) throw notApproved(`the preview of ${name} was not complete`)
  if (note.commit !== pull.head.sha) {
    throw notApproved(
      `the preview of ${name} is of ${note.commit.slice(0, 7)}, and ${pull.head.sha.slice(0, 7)} was merged`,
    )
  }
  world.outputs.set('approved', JSON.stringify(note.shown))
  world.outputs.set('pull-request', pull.number)
  world.outputs.set('status', 'succeeded')
  for (const {subject, digest} of note.shown) world.log.line(`  ${subject}: ${digest}`)
  world.log.line(`✓ ${name} showed ${note.commit.slice(0, 7)}: what is done for ${commit.slice(0, 7)} has to be that`)
}

function noteOf(body: string): Note | undefined {
  const notes = [...body.matchAll(new RegExp(`<!-- ${SHOWN} ([A-Za-z0-9+/=]+) -->`, 'g'))].flatMap(([, text = '']) => {
    try {
      return noteSchema.safeParse(JSON.parse(Buffer.from(text, 'base64').toString())).data ?? []
    } catch {
      return []
    }
  })
  const [first] = notes
  const shown = notes.flatMap((note) => note.shown)
  // A part that somebody took away leaves something out.
  const whole = first !== undefined && shown.length === first.all && notes.every(({commit}) => commit === first.commit)
  return whole ? {...first, shown} : undefined
}

function notApproved(cause: string): Failure {
  return new Failure({
    ...{reason: 'not-approved', ...titled('Not approved'), cause},
    advice: 'open a pull request with the change, read its preview, and merge it',
    undo: 'nothing was changed',
  })
}
