import {Failure} from '../../shared/core/diagnosis.ts'
import type {Evidence} from '../../shared/core/diagnosis.ts'
import {lastWords} from '../../shared/core/exec.ts'
import type {Finished} from '../../shared/core/exec.ts'
import {PUSH_ACTIONS, policyStatement} from '../../shared/ecr/explain.ts'
import {explainBaseImage, explainMissingFile, explainMissingStage, stepName} from './explain-source.ts'
import type {Explanation} from './explain-source.ts'
import {readBuildError} from './progress.ts'
import type {BuildError} from './progress.ts'

/** What was being built, for the sentences. */
export interface BuildSubject {
  /** `registry/repository`, or the repository alone when nothing is pushed. */
  readonly repository: string
  /** For policy statements. */
  readonly repositoryArn: string
  /** Path of the Dockerfile from the top of the repository. */
  readonly dockerfile: string
}

interface Cause {
  readonly pattern: RegExp
  /** Looked for in what the failed step printed, too. */
  readonly inOutput?: boolean
  explain(match: RegExpExecArray, error: BuildError, subject: BuildSubject): Explanation
}

const OUTPUT_LINES = 20
const LONGEST_LINE = 160

/** What BuildKit and ECR say, most exact first, and what it means. */
const CAUSES: readonly Cause[] = [
  {
    pattern: /tag '?([^\s']*)'?.*(?:is immutable|cannot be overwritten)/i,
    explain: ([, tag = '']) => ({
      reason: 'tag-immutable',
      cause: `the push was refused: the tag ${tag} exists and is immutable`,
      advice:
        'use a tag that names one commit (type=sha), or re-run: this step then finds and reuses the image of this commit',
    }),
  },
  {
    pattern: /not authorized to perform: (ecr[\w-]*:\w+)(?: on resource: (\S+))?/,
    explain: ([, action = '', resource], _error, {repositoryArn}) => ({
      reason: 'access-denied',
      cause: `AWS refused ${action}`,
      evidence: [statement([...new Set([action, ...PUSH_ACTIONS])], resource ?? repositoryArn)],
      advice: `allow ${action} in the policy of the role that this job assumes`,
    }),
  },
  {
    pattern: /name unknown|repository name not known|repository with name .* does not exist/i,
    explain: (_match, _error, {repository}) => ({
      reason: 'not-found',
      cause: `the registry has no repository ${repository}`,
      advice: 'set create-repository to true, or create it with Terraform before this step',
    }),
  },
  {
    // BuildKit takes a name that no stage has for an image, and has a stage in mind that is called nearly so.
    pattern: /failed to resolve source metadata for (\S+?):? .*\(did you mean (\S+)\?\)/s,
    explain: ([, image = '', meant = '']) => explainMissingStage(image, meant),
  },
  {
    pattern: /(?:failed to resolve source metadata for|failed to load metadata for|pull access denied for) (\S+?):? /,
    explain: ([, image = ''], error) => explainBaseImage(image.replace(/:$/, ''), error.message),
  },
  {
    pattern: /failed to push.*?(?:: 40[13]\b|denied|no basic auth|unauthorized|token has expired)/i,
    explain: (_match, error, {repositoryArn}) => ({
      reason: 'access-denied',
      cause: `the push was refused: ${error.message}`,
      evidence: [statement(PUSH_ACTIONS, repositoryArn)],
      advice: 'allow these actions in the policy of the role that this job assumes, and check the repository policy',
    }),
  },
  {
    pattern: /no space left on device/i,
    inOutput: true,
    explain: (_match, error) => ({
      reason: 'capacity',
      cause: `the runner's disk is full${error.step === undefined ? '' : ` in ${error.step}`}`,
      advice: 'free space before this step (docker system prune), build fewer stages at once, or use a larger runner',
    }),
  },
  {
    pattern: /exec format error/i,
    inOutput: true,
    explain: (_match, error) => ({
      reason: 'build-failed',
      cause: `${error.step ?? 'a step'} runs a program of another processor architecture`,
      advice: 'build each platform on a runner of its own, or run docker/setup-qemu-action before this step',
    }),
  },
  {
    pattern: /process "(.+)" did not complete successfully: exit code: (\d+)/,
    explain: ([, command = '', code = ''], error) => ({
      reason: code === '137' ? 'out-of-memory' : 'build-failed',
      cause:
        code === '137'
          ? `${stepName(error, command)} was killed: out of memory`
          : `${stepName(error, command)} exits with code ${code}${lastOutput(error)}`,
      advice:
        code === '137'
          ? 'use a larger runner, or less parallel work in that step'
          : 'read its last lines above; they are all it said',
    }),
  },
  {
    pattern: /"?(\/[^\s"]*)"?: not found/,
    explain: ([, path = ''], error) => explainMissingFile(path, error),
  },
  {
    pattern: /secret (\S+): not found/,
    explain: ([, id = ''], error) => ({
      reason: 'build-failed',
      cause: `${stepName(error, 'RUN')} wants the secret "${id}", which was not handed over`,
      advice: `give it in the input "secrets" (${id}=...), "secret-files" or "secret-envs"`,
    }),
  },
  {
    pattern: /base name \((.*?)\) should not be blank/,
    explain: ([, name = '']) => ({
      reason: 'build-failed',
      cause: `FROM ${name} comes to nothing: no build argument gives it a value`,
      advice: 'give it in the input "build-args", or a default in its ARG line',
    }),
  },
  {
    pattern: /failed to load cache key: (?:failed to fetch remote (\S+): |(?:Get|Head) "(\S+)": )?(.*)/s,
    explain: ([, repository, address, why = '']) => ({
      reason: 'unreachable',
      cause: `${repository ?? address ?? 'an address that the Dockerfile adds'} could not be fetched: ${why}`,
      advice: 'check the address, and that the runner can reach it, then re-run',
    }),
  },
  {
    pattern: /target stage "?([^"\s]+)"? could not be found/,
    explain: ([, stage = '']) => ({
      reason: 'invalid-input',
      cause: `input "target" is "${stage}", but the Dockerfile has no such stage`,
      advice: 'use the name after AS in a FROM line',
    }),
  },
  {
    pattern: /failed to connect to the docker API|Cannot connect to the Docker daemon|connection refused.*buildkit/i,
    explain: (_match, error) => ({
      reason: 'unreachable',
      cause: `BuildKit does not answer: ${error.message}`,
      advice: 'check that Docker runs on the runner, or that the builder can be reached',
    }),
  },
  {
    pattern: /failed to push.*unexpected status\b.*: (2\d\d)\b/,
    explain: ([, status = '']) => ({
      reason: 'unreachable',
      cause: `something between this runner and the registry answered a push with ${status}, as the registry does not`,
      advice: 'check the proxy or the firewall of the runner (HTTPS_PROXY, NO_PROXY), then re-run',
    }),
  },
  {
    pattern: /failed to push/,
    explain: (_match, error) => ({
      reason: 'push-failed',
      cause: `the push failed: ${error.message}`,
      advice: 're-run the job: layers that arrived are not sent again',
    }),
  },
]

/** Turns a failed build into a diagnosis: the cause, the last meaningful block, the Dockerfile's lines, what to do. */
export function explainBuild(finished: Finished, subject: BuildSubject): Failure {
  const error = readBuildError(finished.stderr)
  const known = {...error, message: error.message || lastWords('docker buildx build', finished)}
  const {evidence = [], ...explanation} = explain(known, subject)
  const place = known.place === undefined ? {} : {place: {file: subject.dockerfile, line: known.place.line}}
  const shown: Evidence[] = [
    ...(known.output.length > 0
      ? [{title: `last lines of ${known.step ?? 'the step'}`, lines: known.output.slice(-OUTPUT_LINES)}]
      : []),
    ...(known.excerpt.length > 0 ? [{title: subject.dockerfile, lines: known.excerpt}] : []),
    ...evidence,
  ]
  return new Failure({subject: subject.repository, ...explanation, evidence: shown, ...place})
}

function explain(error: BuildError, subject: BuildSubject): Explanation {
  for (const cause of CAUSES) {
    const text = cause.inOutput === true ? [error.message, ...error.output].join('\n') : error.message
    const match = cause.pattern.exec(text)
    if (match !== null) return cause.explain(match, error, subject)
  }
  return {
    reason: 'build-failed',
    cause: `the build failed: ${error.message.replace(/^dockerfile parse error on line \d+: /, '')}`,
    advice: error.place === undefined ? 'read the build log above' : 'correct the marked line of the Dockerfile',
  }
}

function lastOutput({output}: BuildError): string {
  const line = output.at(-1)?.trim() ?? ''
  return line === '' || line.length > LONGEST_LINE ? '' : `: ${line}`
}

function statement(actions: readonly string[], resource: string): Evidence {
  return {title: 'a policy statement that is enough', lines: policyStatement(actions, resource)}
}
