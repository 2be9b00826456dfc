import {errorMessage} from '../core/errors.ts'
import type {World} from '../core/world.ts'
import type {Origin} from '../github/origin.ts'
import type {RootInputs} from './inputs.ts'
import {pullRequestOf} from './pull-request.ts'

/**
 * Whether the pull request of this run has the label that lets the guard pass. When nobody set one, or GitHub cannot be
 * asked, it has not: a guard that cannot ask stays shut.
 */
export async function hasGuardLabel(
  world: World,
  {allowDestroyLabel: label, githubToken: token}: RootInputs,
  origin: Origin,
  headSha?: string,
): Promise<boolean> {
  if (label === undefined || origin.fork) return false
  if (token === undefined) {
    world.log.warning('"allow-destroy-label" was not looked for: "github-token" is not given.')
    return false
  }
  try {
    const {makeGitHub, ownRepository} = await import('../github/client.ts')
    const github = makeGitHub(world.env, token, world.log)
    const pull = await pullRequestOf(github, ownRepository(world.env), origin, headSha)
    const labelled = pull?.labels.includes(label) ?? false
    if (pull && labelled) world.log.line(`the label "${label}" of pull request #${String(pull.number)} opens the guard`)
    return labelled
  } catch (error) {
    const why = world.mask.scrub(errorMessage(error))
    world.log.warning(`The label "${label}" could not be looked for: ${why} (pull-requests: read is needed).`)
    return false
  }
}
