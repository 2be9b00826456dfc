import {asFailure} from '../../shared/core/run.ts'
import {escapeMarkdown} from '../../shared/core/markdown.ts'
import type {World} from '../../shared/core/world.ts'
import {makeGitHub, ownRepository} from '../../shared/github/client.ts'
import {answerCommand} from './answer.ts'
import {answer, quoted, react} from './conversation.ts'
import {readCommentEvent} from './event.ts'
import type {Comment} from './event.ts'
import {readCommand} from './grammar.ts'
import type {Command, Reading} from './grammar.ts'
import type {CommandInputs} from './inputs.ts'
import {previewedPlan} from './plan.ts'
import type {Asked, Pull} from './pull.ts'
import {permitted, refusal, requirePermission} from './rules.ts'

/** Takes a pull-request comment as a command, or refuses it; with `mode: answer`, says how it went. */
export async function run(world: World, inputs: CommandInputs): Promise<void> {
  const event = await readCommentEvent(world.env)
  if ('ignored' in event) {
    pass(world, event.ignored)
    return
  }
  const {comment} = event
  const asked = {github: makeGitHub(world.env, inputs.token, world.log), repository: ownRepository(world.env)}
  const reading = readCommand(comment.body, inputs.vocabulary)
  if (reading.kind === 'none') pass(world, 'it is no command')
  else if (inputs.mode === 'answer') await answerCommand(world, asked, comment, inputs.needs)
  else await decide(world, asked, inputs, comment, reading)
}

function pass(world: World, why: string): void {
  world.log.line(`· the comment is left alone: ${why}`)
  world.outputs.set('command', '')
  world.outputs.set('status', 'unchanged')
}

async function decide(
  world: World,
  asked: Asked,
  inputs: CommandInputs,
  comment: Comment,
  reading: Exclude<Reading, {kind: 'none'}>,
): Promise<void> {
  try {
    await requirePermission(asked, comment, inputs.rules)
    if (reading.kind === 'unclear') {
      throw refusal('invalid-input', reading.problem, 'write it as a new comment: an edited one is not read again')
    }
    const pull = await permitted(world, asked, {comment, command: reading, rules: inputs.rules})
    const key = commentKey(inputs, reading)
    const plan = reading.name === 'apply' ? await previewedPlan(asked, pull, key) : undefined
    // Whoever cancels means the jobs that would come, too.
    world.cancel.throwIfAborted()
    handOn(world, {comment, command: reading, pull, key, plan})
    await react(world, asked, comment, 'eyes')
  } catch (thrown) {
    await refuse(world, asked, comment, thrown)
    throw thrown
  }
}

// The first environment is the one that previews of pull requests are about without being asked.
function commentKey({planCommentKey, vocabulary}: CommandInputs, {environment}: Command): string {
  return environment === vocabulary.environments[0] ? planCommentKey : `${planCommentKey}-${environment}`
}

interface Taken {
  readonly comment: Comment
  readonly command: Command
  readonly pull: Pull
  readonly key: string
  readonly plan: string | undefined
}

function handOn(world: World, {comment, command, pull, key, plan}: Taken): void {
  const outputs: Readonly<Record<string, string | undefined>> = {
    command: command.name,
    environment: command.environment,
    'head-sha': pull.headSha,
    'head-ref': pull.headRef,
    'base-ref': pull.baseRef,
    'pull-request': String(pull.number),
    'lock-id': command.lockId,
    'plan-id': plan,
    'comment-key': key,
    actor: comment.author,
    status: 'succeeded',
  }
  for (const [name, value] of Object.entries(outputs)) world.outputs.set(name, value)
  const what = `/${command.name} ${command.environment}`
  world.log.line(
    `✓ ${comment.author} may: ${what} for ${pull.headSha.slice(0, 7)} of pull request ${String(pull.number)}`,
  )
  world.summary.add(
    `### ✓ \`${what}\` for \`${pull.headSha.slice(0, 7)}\`, asked for by ${escapeMarkdown(comment.author)}`,
  )
}

async function refuse(world: World, asked: Asked, comment: Comment, thrown: unknown): Promise<void> {
  const {cause, advice} = asFailure(thrown).diagnosis
  await react(world, asked, comment, '-1')
  const url = await answer(world, asked, comment, [
    `${quoted(comment)}: **✗ refused**, ${escapeMarkdown(cause)}.`,
    `What to do: ${escapeMarkdown(advice)}.`,
  ])
  world.outputs.set('comment-url', url)
}
