import {Failure} from '../core/diagnosis.ts'
import {explainAwsError, isAccessDenied} from '../aws/errors.ts'

/** What a push needs, in the order in which a push uses it (https://docs.aws.amazon.com/AmazonECR/latest/userguide/image-push-iam.html). */
export const PUSH_ACTIONS: readonly string[] = [
  'ecr:BatchCheckLayerAvailability',
  'ecr:InitiateLayerUpload',
  'ecr:UploadLayerPart',
  'ecr:CompleteLayerUpload',
  'ecr:PutImage',
  'ecr:BatchGetImage',
  'ecr:GetDownloadUrlForLayer',
]

/** The smallest policy statement that allows `actions`, ready to be pasted. @param resource an ARN, or `*` */
export function policyStatement(actions: readonly string[], resource: string): string[] {
  return JSON.stringify({Effect: 'Allow', Action: actions, Resource: resource}, null, 2).split('\n')
}

/** The ARN of a repository, as far as its parts are known; `*` stands for the rest. */
export function repositoryArn(repository: string, region?: string, accountId?: string): string {
  const partition =
    region?.startsWith('cn-') === true ? 'aws-cn' : region?.startsWith('us-gov-') === true ? 'aws-us-gov' : 'aws'
  return `arn:${partition}:ecr:${region ?? '*'}:${accountId ?? '*'}:repository/${repository}`
}

/**
 * An error of an ECR call as a failure that names the missing IAM action and shows the statement that grants it; other
 * errors as they are.
 * @param resource what the statement is for: a repository's ARN, or `*` for calls that know no resource
 */
export function explainEcrError(error: unknown, iamAction: string, resource: string): unknown {
  const explained = explainAwsError(error, iamAction)
  if (!(explained instanceof Failure) || !isAccessDenied(error)) return explained
  if (/Expired|UnrecognizedClient|InvalidClientTokenId/.test((error as Error).name)) return explained
  const statement = {title: 'a policy statement that is enough', lines: policyStatement([iamAction], resource)}
  return new Failure({...explained.diagnosis, evidence: [statement]})
}
