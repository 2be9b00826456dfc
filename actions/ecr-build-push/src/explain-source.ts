import type {Diagnosis, Evidence} from '../../shared/core/diagnosis.ts'
import type {BuildError} from './progress.ts'

/** What a failed build comes to, for people. */
export type Explanation = Pick<Diagnosis, 'reason' | 'cause' | 'advice'> & {readonly evidence?: readonly Evidence[]}

const LONGEST_NAME = 80

/** The step that failed, as the Dockerfile has it; `command` where BuildKit names none. */
export function stepName(error: BuildError, command: string): string {
  const name = error.step?.replace(/^\[[^\]]*\] /, '') ?? command.replace(/^\/bin\/sh -c /, '')
  return name.length > LONGEST_NAME ? `${name.slice(0, LONGEST_NAME - 1)}…` : name
}

/** A base image that cannot be had: it is not there, may not be pulled, or its registry does not answer. */
export function explainBaseImage(image: string, message: string): Explanation {
  if (/: 429\b|too many requests|toomanyrequests|rate limit/i.test(message)) {
    return {
      reason: 'image-not-found',
      cause: `the registry of the base image ${image} limits the rate of pulls`,
      advice: 'pull through an ECR pull-through cache, or log in to that registry before this step',
    }
  }
  if (/: 40[13]\b|denied|no basic auth|unauthorized/i.test(message)) {
    return {
      reason: 'access-denied',
      cause: `the base image ${image} may not be pulled: ${message}`,
      advice:
        'check its name, and that this role may pull from its repository (ecr:BatchGetImage, ecr:GetDownloadUrlForLayer)',
    }
  }
  const missing = /not found|manifest unknown/i.test(message)
  return {
    reason: missing ? 'image-not-found' : 'unreachable',
    cause: missing
      ? `the base image ${image} does not exist`
      : `the base image ${image} could not be fetched: ${message.split(': ').slice(-2).join(': ')}`,
    advice: missing
      ? 'check the FROM line: name, tag and platform'
      : 'check that the runner can reach that registry, then re-run',
  }
}

/** A stage that is not there, taken for an image. @param image the whole name that was asked for @param meant a stage that is there */
export function explainMissingStage(image: string, meant: string): Explanation {
  const written = image.replace(/^docker\.io\/library\//, '').replace(/:latest$/, '')
  return {
    reason: 'build-failed',
    cause: `no stage is called "${written}", and no image ${image} could be had in its place`,
    advice: `write "${meant}", if that stage is meant`,
  }
}

/** A COPY of a file that is not where it is looked for: in the build context, or in another stage. */
export function explainMissingFile(path: string, error: BuildError): Explanation {
  const from = /--from=(\S+)/.exec(error.step ?? '')?.[1]
  const [place, advice] =
    from === undefined
      ? ['which is not in the build context', 'check the path, and that .dockerignore does not leave it out']
      : [`which "${from}" does not hold`, `check the path, and that "${from}" writes it there`]
  return {reason: 'build-failed', cause: `${stepName(error, 'COPY')} wants ${path}, ${place}`, advice}
}
