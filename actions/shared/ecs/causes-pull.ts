import {who} from './cause.ts'
import type {Cause, CauseRule, Stopped} from './cause.ts'

const PULL = /CannotPull\w*|pull(ing)? (the )?(container )?image|image manifest/i

function rule(name: string, pattern: RegExp, rest: Omit<Cause, 'key' | 'sentence'> & {why: string}): CauseRule {
  const {why, ...cause} = rest
  return {
    name,
    match: ({text}) => PULL.test(text) && pattern.test(text),
    explain: (stopped) => ({...cause, sentence: `${who(stopped)} cannot pull its image${imageOf(stopped)}: ${why}`}),
  }
}

function imageOf({container}: Stopped): string {
  return container?.image === undefined ? '' : ` ${container.image}`
}

/** Images that cannot be had. */
export const PULL_CAUSES: readonly CauseRule[] = [
  rule('image-platform', /platform|no match for|does not contain descriptor/i, {
    reason: 'image-not-found',
    why: 'it was not built for the platform of the task',
    advice: 'build the image for the "runtimePlatform" of the task definition (input "platforms" of ecr-build-push)',
    heals: 'never',
  }),
  rule(
    'image-missing',
    /manifest unknown|name unknown|RepositoryNotFound|manifest for .* not found|not found|does not exist|no such image/i,
    {
      reason: 'image-not-found',
      why: 'the registry has no such repository, tag or digest',
      advice: 'push the image first, or correct its tag; deploying repository@sha256:… cannot name a missing tag',
      heals: 'never',
    },
  ),
  rule('image-denied', /denied|40[13]|not authorized|no basic auth|AccessDenied|unauthorized/i, {
    reason: 'access-denied',
    why: 'the registry refuses the task',
    advice:
      'allow ecr:GetAuthorizationToken, ecr:BatchGetImage and ecr:GetDownloadUrlForLayer to the execution role, and check the policy of the repository',
    heals: 'never',
  }),
  rule('image-rate-limited', /toomanyrequests|rate limit/i, {
    reason: 'quota',
    why: 'the registry limits how often it may be pulled',
    advice: 'pull through an ECR pull-through cache, or give the container repositoryCredentials',
    heals: 'slowly',
  }),
  rule('image-disk', /no space left|disk/i, {
    reason: 'volume',
    why: 'the disk of the task is full',
    advice: 'raise "ephemeralStorage" in the task definition, or make the image smaller',
    heals: 'never',
  }),
  rule(
    'image-network',
    /timeout|timed out|deadline exceeded|connection refused|dial tcp|request canceled|no route|EOF/i,
    {
      reason: 'unreachable',
      why: 'the registry cannot be reached from the subnet of the task',
      advice:
        'give the task a public IP in a public subnet, a NAT gateway, or VPC endpoints for ecr.api, ecr.dkr and s3, and let its security group out on 443',
      heals: 'slowly',
    },
  ),
  rule('image-pull', /./, {
    reason: 'image-not-found',
    why: 'see the reason below',
    advice: 'check that the image exists and that the execution role may pull it',
    heals: 'soon',
  }),
]
