import {AwsCallError} from '../../../actions/shared/aws/errors.ts'
import {Failure} from '../../../actions/shared/core/diagnosis.ts'
import {explainRefusal, REFUSALS, refusalOf} from '../../../actions/shared/ecs/refusals.ts'

// One row per row of the table, in its order: the error and words of AWS, and what we make of them.
const rows: readonly (readonly [name: string, code: string, words: string, reason: string, advice: RegExp])[] = [
  [
    'platform-lacks',
    'PlatformTaskDefinitionIncompatibilityException',
    'The specified platform does not satisfy the task definition’s required capabilities.',
    'rejected',
    /platform version of the service to LATEST/,
  ],
  [
    'platform-unknown',
    'PlatformUnknownException',
    'The specified platform version does not exist.',
    'not-found',
    /use LATEST/,
  ],
  ['unsupported', 'UnsupportedFeatureException', 'Not supported in this Region.', 'rejected', /another region/],
  ['blocked', 'BlockedException', 'Your AWS account is currently blocked.', 'access-denied', /AWS Support/],
  ['cluster-gone', 'ClusterNotFoundException', 'Cluster not found.', 'not-found', /"cluster"/],
  ['service-gone', 'ServiceNotActiveException', 'Service was not ACTIVE.', 'not-found', /create-service/],
  ['namespace-gone', 'NamespaceNotFoundException', 'Namespace not found.', 'not-found', /serviceConnectConfiguration/],
  ['definition-inactive', 'ClientException', 'TaskDefinition is inactive', 'rejected', /active revision/],
  [
    'network-missing',
    'InvalidParameterException',
    "Network Configuration must be provided when networkMode 'awsvpc' is specified.",
    'rejected',
    /networkMode/,
  ],
  [
    'balancer-container',
    'InvalidParameterException',
    'The container web does not exist in the task definition.',
    'rejected',
    /portMappings/,
  ],
  [
    'target-group',
    'InvalidParameterException',
    'The target group with targetGroupArn arn:x does not have an associated load balancer.',
    'not-found',
    /listener/,
  ],
  [
    'exec-role',
    'InvalidParameterException',
    "The service couldn't be updated because a valid taskRoleArn is not being used.",
    'config-missing',
    /task-role-arn/,
  ],
  [
    'capacity-provider',
    'InvalidParameterException',
    'The specified capacity provider was not found.',
    'not-found',
    /PutClusterCapacityProviders/,
  ],
  [
    'service-linked-role',
    'InvalidParameterException',
    'Unable to assume the service linked role. Please verify that the ECS service linked role exists.',
    'access-denied',
    /create-service-linked-role/,
  ],
  ['role', 'ClientException', 'Role is not valid', 'access-denied', /iam:PassRole/],
  [
    'fargate-size',
    'ClientException',
    'No Fargate configuration exists for given values: 300 CPU, 512 memory. See the Amazon ECS documentation for the valid values.',
    'rejected',
    /"cpu" and "memory"/,
  ],
  [
    'tags',
    'InvalidParameterException',
    'The new ARN and resource ID format must be enabled to propagate tags.',
    'rejected',
    /long ARN format/,
  ],
  [
    'daemon-count',
    'InvalidParameterException',
    'The daemon scheduling strategy does not support a desired count for services.',
    'rejected',
    /desired-count/,
  ],
  [
    'under-way',
    'DeploymentLimitExceededException',
    "The Deployment Group 'x' already has an active Deployment 'd-1'",
    'conflict',
    /concurrency group/,
  ],
  ['quota', 'LimitExceededException', 'The limit for the resource was exceeded.', 'quota', /higher quota/],
  [
    'code-deploy-config',
    'DeploymentConfigDoesNotExistException',
    'No Deployment Configuration found for name: x',
    'not-found',
    /ECSAllAtOnce/,
  ],
  [
    'code-deploy-group',
    'DeploymentGroupDoesNotExistException',
    'No Deployment Group found for name: x',
    'not-found',
    /codedeploy-application/,
  ],
  [
    'code-deploy-appspec',
    'InvalidRevisionException',
    'The AppSpec file cannot be located in the specified location.',
    'rejected',
    /codedeploy-appspec/,
  ],
  [
    'refused',
    'InvalidParameterException',
    'Something that AWS will say in 2030.',
    'rejected',
    /what the sentence names/,
  ],
]

const SERVICE = {subject: 'APIService', what: 'ECS refuses the update'}

describe('the table of refusals', () => {
  test('every row has a test', () => {
    expect(rows.map(([name]) => name)).toEqual(REFUSALS.map(({name}) => name))
  })

  test.each(rows)('%s', (name, code, words, reason, advice) => {
    const error = new AwsCallError(code, words, 400)
    expect(refusalOf(error)?.name).toBe(name)
    const failure = explainRefusal(error, SERVICE)
    if (!(failure instanceof Failure)) throw new Error('The refusal became no failure.')
    // What AWS said is never lost.
    expect(failure.diagnosis.cause).toContain(words.replace(/\.$/, ''))
    expect(failure.diagnosis).toMatchObject({reason, subject: 'APIService'})
    expect(failure.diagnosis.cause).toMatch(/^ECS refuses the update: /)
    expect(failure.diagnosis.advice).toMatch(advice)
  })

  test.each([
    ['an error of ours', new TypeError('x is not a function')],
    ['an error of the server', new AwsCallError('ServerException', 'Service Unavailable', 503)],
    ['a failure that is told already', new Failure({reason: 'timeout', subject: 'x', cause: 'y', advice: 'z'})],
  ])('%s stays what it is', (_name, error) => {
    expect(explainRefusal(error, SERVICE)).toBe(error)
  })
})
