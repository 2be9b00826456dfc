import type {Cause, CauseRule} from './cause.ts'

function rule(name: string, pattern: RegExp, cause: Omit<Cause, 'key'>): CauseRule {
  return {name, match: ({text}) => pattern.test(text), explain: () => cause}
}

const SECRETS = 'secret|ssm|parameter|asm'

/** What keeps a task from starting before its containers run. */
export const START_CAUSES: readonly CauseRule[] = [
  rule('role', /unable to assume (the |its )?(service )?role|AssumeRole|Role is not valid|assume role/i, {
    reason: 'access-denied',
    sentence: 'ECS cannot assume a role of the task',
    advice: 'let ecs-tasks.amazonaws.com assume the execution role and the task role (their trust policies)',
    heals: 'never',
  }),
  rule(
    'log-group',
    /log group does not exist|failed to (create|validate).*(log|Cloudwatch)|ResourceNotFoundException.*log|failed to initialize logging driver/i,
    {
      reason: 'config-missing',
      sentence: 'the log group that a container writes to does not exist or cannot be written',
      advice:
        'create the log group, or set the log option awslogs-create-group=true and allow logs:CreateLogGroup to the execution role',
      heals: 'never',
    },
  ),
  rule(
    'secret-denied',
    new RegExp(
      `(${SECRETS}).*(AccessDenied|not authorized)|(AccessDenied|not authorized).*(GetSecretValue|GetParameters|kms:Decrypt)`,
      'is',
    ),
    {
      reason: 'secret-unreadable',
      sentence: 'the execution role may not read a secret of the task',
      advice:
        'allow secretsmanager:GetSecretValue or ssm:GetParameters for that ARN to the execution role, and kms:Decrypt when it has a key of its own',
      heals: 'never',
    },
  ),
  rule('secret-key', /did not contain json key|json key/i, {
    reason: 'secret-unreadable',
    sentence: 'a secret of the task does not hold the key it is asked for',
    advice: 'correct the key in "valueFrom" (arn:…:secret:name-AbCdEf:KEY::), or add it to the secret',
    heals: 'never',
  }),
  rule(
    'secret-missing',
    new RegExp(
      `(${SECRETS}).*(ResourceNotFound|can't find|not found|does not exist|invalid ssm parameters|invalid parameters)|invalid ssm parameters`,
      'is',
    ),
    {
      reason: 'secret-unreadable',
      sentence: 'a secret of the task does not exist',
      advice: 'create it in the region of the task, or correct "valueFrom"',
      heals: 'never',
    },
  ),
  rule('env-file', /environment file|env file|failed to download env|s3.*(NoSuchKey|AccessDenied|403|404)/i, {
    reason: 'config-missing',
    sentence: 'an environment file cannot be read from S3',
    advice: 'check the ARN, and allow s3:GetObject and s3:GetBucketLocation to the execution role',
    heals: 'never',
  }),
  rule(
    'resource-network',
    /ResourceInitializationError.*(timeout|timed out|deadline|connection|i\/o)|unable to pull secrets or registry auth/is,
    {
      reason: 'unreachable',
      sentence:
        'the task cannot reach the AWS services that it needs to start (ECR, Secrets Manager, SSM or CloudWatch Logs)',
      advice:
        'give the task a public IP in a public subnet, a NAT gateway, or VPC endpoints for those services, and let its security group out on 443',
      heals: 'slowly',
    },
  ),
  rule('volume', /EFS|mount target|failed to mount|volume|fsx|ebs/i, {
    reason: 'volume',
    sentence: 'a volume of the task cannot be mounted',
    advice: 'check the file system, its mount targets and security group (port 2049), and the policy of the task role',
    heals: 'soon',
  }),
  rule(
    'network-interface',
    /network interface|\bENI\b|no (free|available) (ip )?address|InsufficientFreeAddresses|not have enough free addresses/i,
    {
      reason: 'capacity',
      sentence: 'the task gets no network interface',
      advice: 'check free addresses of the subnets and the quota of network interfaces',
      heals: 'slowly',
    },
  ),
  rule('quota', /limit on the number of|vCPU.*limit|service quota|exceeded.*(limit|quota)|limit.*exceeded/i, {
    reason: 'quota',
    sentence: 'a quota of the account is reached',
    advice: 'ask for a higher quota of "Fargate On-Demand vCPU resource count", or stop other tasks',
    heals: 'slowly',
  }),
  rule(
    'capacity',
    /capacity is unavailable|insufficient capacity|no container instance met|RESOURCE:|unable to place/i,
    {
      reason: 'capacity',
      sentence: 'there is no capacity for the task',
      advice: 'try again later, add subnets in other zones, or use FARGATE beside FARGATE_SPOT',
      heals: 'slowly',
    },
  ),
  rule('spot', /SpotInterruption|Spot Task was interrupted|spot interruption/i, {
    reason: 'capacity',
    sentence: 'Fargate Spot took the capacity back',
    advice: 'keep a base of FARGATE in the capacity provider strategy',
    heals: 'slowly',
  }),
]
