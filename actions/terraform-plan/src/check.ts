import {codeBlock} from '../../shared/core/markdown.ts'
import {errorMessage} from '../../shared/core/errors.ts'
import type {World} from '../../shared/core/world.ts'
import type {CheckRun} from '../../shared/github/check-run.ts'
import type {Origin} from '../../shared/github/origin.ts'
import type {PlanInputs} from './inputs.ts'

/** What a check says; the rest is the same for all of them. */
export type CheckWords = Pick<CheckRun, 'conclusion' | 'title' | 'summary'> & {
  /** The whole plan as the tool writes it for people. */
  readonly planText?: string
}

/** The plan's text in a check, in characters, with room for what stands around it. */
const LONGEST_TEXT = 60_000

/**
 * Adds the check that `check-run` asks for to the commit that was planned, and gives its address. A check is not the plan:
 * when it cannot be written the run goes on with a warning.
 */
export async function putCheck(
  world: World,
  {inputs, origin, workspace}: {readonly inputs: PlanInputs; readonly origin: Origin; readonly workspace: string},
  {planText, ...words}: CheckWords,
): Promise<string | undefined> {
  if (!inputs.checkRun) return undefined
  if (origin.fork) {
    world.log.line('no check: GitHub gives the token of a fork no right to write; all is in the job summary')
    return undefined
  }
  const token = inputs.root.githubToken
  if (token === undefined) {
    world.log.warning('No check was written: "github-token" is not given.')
    return undefined
  }
  try {
    const [{makeGitHub, ownRepository}, {writeCheckRun}] = await Promise.all([
      import('../../shared/github/client.ts'),
      import('../../shared/github/check-run.ts'),
    ])
    const text = planText && codeBlock(planText.slice(0, LONGEST_TEXT), 'terraform')
    const place = workspace === 'default' ? inputs.root.root : `${inputs.root.root} (${workspace})`
    return await writeCheckRun(makeGitHub(world.env, token, world.log), {
      repository: ownRepository(world.env),
      name: inputs.comment.key ?? `${inputs.root.tool.tool} plan ${place}`,
      headSha: origin.headSha,
      conclusion: words.conclusion,
      title: world.mask.scrub(words.title),
      summary: world.mask.scrub(words.summary),
      ...(text !== undefined && {text: world.mask.scrub(text)}),
    })
  } catch (error) {
    world.log.warning(world.mask.scrub(`No check was written: ${errorMessage(error)} (checks: write is needed).`))
    return undefined
  }
}
