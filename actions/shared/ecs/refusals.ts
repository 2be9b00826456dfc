import {Failure} from '../core/diagnosis.ts'
import type {FailureReason} from '../core/diagnosis.ts'
import {errorMessage} from '../core/errors.ts'

/** One row of the table of refusals. The first row that matches decides. */
export interface RefusalRule {
  /** How the row is called in tests and docs. */
  readonly name: string
  /** Looked for in the error's code and words: `InvalidParameterException: TaskDefinition is inactive`. */
  readonly pattern: RegExp
  readonly reason: FailureReason
  /** One sentence without a full stop; undefined where the words of AWS are the whole of it. */
  readonly sentence?: string
  /** What to do, as an order. */
  readonly advice: string
}

function row(name: string, pattern: RegExp, reason: FailureReason, sentence: string, advice: string): RefusalRule {
  return {name, pattern, reason, sentence, advice}
}

/**
 * What ECS and CodeDeploy answer to a change that they do not make, by the errors that the API names
 * (https://docs.aws.amazon.com/AmazonECS/latest/APIReference/API_UpdateService.html#API_UpdateService_Errors, the same of
 * RegisterTaskDefinition, CreateService, RunTask and CodeDeploy's CreateDeployment) and the words of user threads.
 */
export const REFUSALS: readonly RefusalRule[] = [
  row(
    'platform-lacks',
    /PlatformTaskDefinitionIncompatibility/,
    'rejected',
    'the platform version of the service lacks what the task definition asks for',
    'set the platform version of the service to LATEST, or take away what an older one does not know (EFS, ephemeralStorage, runtimePlatform)',
  ),
  row(
    'platform-unknown',
    /PlatformUnknown/,
    'not-found',
    'there is no such platform version',
    'use LATEST, or a version of https://docs.aws.amazon.com/AmazonECS/latest/developerguide/platform-fargate.html',
  ),
  row(
    'unsupported',
    /UnsupportedFeature/,
    'rejected',
    'what is asked for does not exist in this region',
    'take it away, or deploy in another region',
  ),
  row(
    'blocked',
    /BlockedException|account is currently blocked/,
    'access-denied',
    'the account is blocked',
    'ask AWS Support: only they can let it start tasks again',
  ),
  row(
    'cluster-gone',
    /ClusterNotFound/,
    'not-found',
    'the cluster is not there any more',
    'correct the input "cluster", or make the cluster again',
  ),
  row(
    'service-gone',
    /ServiceNotFound|ServiceNotActive|still Draining/i,
    'not-found',
    'the service is being deleted, or is gone',
    'make the service again (input "create-service", or Terraform), then re-run this job',
  ),
  row(
    'namespace-gone',
    /NamespaceNotFound/,
    'not-found',
    'the Cloud Map namespace of Service Connect is not there',
    'make the namespace, or correct serviceConnectConfiguration of the service',
  ),
  row(
    'definition-inactive',
    /TaskDefinition is inactive/i,
    'rejected',
    'the revision was deregistered, and ECS starts nothing from it any more',
    'name an active revision, or give the task definition as a file: an equal revision is then registered',
  ),
  row(
    'network-missing',
    /Network Configuration (must be provided|is not valid)/i,
    'rejected',
    'the network mode of the task definition does not go with the network configuration of the service',
    'keep "networkMode" as what the service was made with (awsvpc needs subnets, the others take none)',
  ),
  row(
    'balancer-container',
    /container .* does not exist in the task definition|did not have a container port/i,
    'rejected',
    'the load balancer of the service sends its requests to a container or port that the task definition does not have',
    'keep the name and the "portMappings" of that container',
  ),
  row(
    'target-group',
    /target ?group.*(does not have an associated load balancer|not found|does not exist|incompatible)|validate the specified targetGroupArn/i,
    'not-found',
    'a target group of the service cannot be used',
    'attach it to a listener of a load balancer, with target type "ip"; or correct its ARN in the service',
  ),
  row(
    'exec-role',
    /valid taskRoleArn is not being used/i,
    'config-missing',
    'ECS Exec needs a task role',
    'set the input task-role-arn to a role that may use the ssmmessages channels, or leave enable-execute-command out',
  ),
  row(
    'capacity-provider',
    /capacity provider/i,
    'not-found',
    'a capacity provider cannot be used',
    'associate it with the cluster (PutClusterCapacityProviders), or correct its name',
  ),
  row(
    'service-linked-role',
    /service.?linked role/i,
    'access-denied',
    'the service-linked role of ECS cannot be assumed',
    'run "aws iam create-service-linked-role --aws-service-name ecs.amazonaws.com" once in this account, then re-run this job',
  ),
  row(
    'role',
    /Role is not valid|unable to assume (the )?role|IAM_ROLE|RoleRequired|InvalidRole/i,
    'access-denied',
    'a role cannot be used',
    'correct the ARN of the role, let ecs-tasks.amazonaws.com (codedeploy.amazonaws.com for a deployment group) assume it, and allow iam:PassRole to this job',
  ),
  row(
    'fargate-size',
    /No Fargate configuration exists/i,
    'rejected',
    'Fargate has no task of this size',
    'use a pair of "cpu" and "memory" of https://docs.aws.amazon.com/AmazonECS/latest/developerguide/fargate-tasks-services.html#fargate-tasks-size',
  ),
  row(
    'tags',
    /long ARN|new ARN and resource ID format|tag.*(too many|more than 50|not valid|invalid)|InvalidTag/i,
    'rejected',
    'the tags cannot be taken',
    'correct the tags (50 at most, no key that starts with "aws:"), and opt in to the long ARN format for propagate-tags',
  ),
  row(
    'daemon-count',
    /daemon.*desired count|desired count.*daemon/i,
    'rejected',
    'a service of the strategy DAEMON has no desired count',
    'leave desired-count out',
  ),
  row(
    'under-way',
    /UpdateInProgress|DeploymentLimitExceeded|already (an active|has an? active)|(deployment|rollback|update) (is )?(already )?in progress/i,
    'conflict',
    'another deployment is under way',
    'wait for it or stop it; give the workflow a concurrency group, so that deploys do not meet',
  ),
  row(
    'quota',
    /LimitExceeded|service quota|quota|limit on the number/i,
    'quota',
    'a quota of the account is reached',
    'ask for a higher quota, or take away what is not needed any more',
  ),
  row(
    'code-deploy-config',
    /DeploymentConfigDoesNotExist/,
    'not-found',
    'CodeDeploy has no such deployment configuration',
    'correct codedeploy-deployment-config, for example CodeDeployDefault.ECSAllAtOnce',
  ),
  row(
    'code-deploy-group',
    /(DeploymentGroup|Application)DoesNotExist/,
    'not-found',
    'the deployment group of CodeDeploy is not there any more',
    'correct codedeploy-application and codedeploy-deployment-group',
  ),
  row(
    'code-deploy-appspec',
    /InvalidRevision|AppSpec|RevisionRequired/i,
    'rejected',
    'CodeDeploy cannot read the AppSpec',
    'correct codedeploy-appspec: https://docs.aws.amazon.com/codedeploy/latest/userguide/reference-appspec-file-structure-resources.html',
  ),
  {
    name: 'refused',
    pattern: /./s,
    reason: 'rejected',
    advice: 'correct what the sentence names; then re-run this job',
  },
]

/** The row for what AWS has against a call; undefined when the error is not one of AWS's own refusals. */
export function refusalOf(error: unknown): RefusalRule | undefined {
  if (!isRefusal(error)) return undefined
  return REFUSALS.find(({pattern}) => pattern.test(`${error.name}: ${error.message}`))
}

// What AWS answers with a 4xx and a code of its own; whether it may be asked again was decided before.
function isRefusal(error: unknown): error is Error {
  if (!(error instanceof Error) || error instanceof Failure) return false
  const {$fault, $metadata} = error as Error & {$fault?: string; $metadata?: {httpStatusCode?: number}}
  const status = $metadata?.httpStatusCode ?? 0
  return $fault === 'client' || (status >= 400 && status < 500)
}

/** What was refused, in the words of a sentence. */
export interface Refused {
  readonly subject: string
  /** Begins the sentence: `ECS refuses the update`. */
  readonly what: string
  /** What to do where only the words of AWS tell what is wrong. */
  readonly advice?: string
  /** The state that things are in now. */
  readonly undo?: string
}

/** The failure of a change that AWS does not make; any other error comes back as it is. */
export function explainRefusal(error: unknown, {subject, what, advice, undo}: Refused): unknown {
  const rule = refusalOf(error)
  if (rule === undefined) return error
  const words = errorMessage(error).replace(/\.$/, '')
  const cause = rule.sentence === undefined ? words : `${rule.sentence} (${words})`
  return new Failure({
    reason: rule.reason,
    subject,
    cause: `${what}: ${cause}`,
    advice: rule.sentence === undefined ? (advice ?? rule.advice) : rule.advice,
    ...(undo !== undefined && {undo}),
  })
}
