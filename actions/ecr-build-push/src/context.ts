import {InputError} from '../../shared/core/errors.ts'
import type {Environment} from '../../shared/core/inputs.ts'
import type {BuildOptions} from './build-inputs.ts'
import type {Source} from './source.ts'

const DEFAULT_CONTEXT = '{{defaultContext}}'
const TOKEN_SECRET = 'GIT_AUTH_TOKEN'

/**
 * The options with a context that BuildKit can fetch: `{{defaultContext}}` becomes this repository at the commit that
 * is built, as in docker/build-push-action. A Git context on this very server gets the token, under a name that
 * BuildKit gives to no other host (https://docs.docker.com/build/building/secrets/#git-authentication-for-remote-contexts).
 * @param token undefined when the user gave none
 * @throws {InputError} when the repository or the commit is not known
 */
export function withGitContext(
  options: BuildOptions,
  source: Pick<Source, 'commit'>,
  env: Environment,
  token: string | undefined,
): BuildOptions {
  const context = options.context.replace(DEFAULT_CONTEXT, () => defaultContext(source, env))
  const server = env['GITHUB_SERVER_URL'] ?? 'https://github.com'
  const host = new URL(server).host
  const given = options.secrets.some(({id}) => id === TOKEN_SECRET || id === `${TOKEN_SECRET}.${host}`)
  if (token === undefined || given || !context.startsWith(`${server}/`)) return {...options, context}
  return {...options, context, secrets: [...options.secrets, {id: `${TOKEN_SECRET}.${host}`, value: token}]}
}

function defaultContext({commit}: Pick<Source, 'commit'>, env: Environment): string {
  const [server, repository] = [env['GITHUB_SERVER_URL'], env['GITHUB_REPOSITORY']]
  if (server === undefined || repository === undefined || commit === '') {
    throw new InputError(
      'Input "context" is {{defaultContext}}, but this run names no repository and commit: give a folder or a URL.',
    )
  }
  return `${server}/${repository}.git#${commit}`
}
