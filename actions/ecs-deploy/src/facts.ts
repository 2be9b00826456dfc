import type {Fact} from '../../shared/report/preview.ts'
import type {Container, Definition} from '../../shared/ecs/definition.ts'
import {parseImage, shortName} from '../../shared/ecs/names.ts'

/** What the tasks of a definition use of what other stages make. @param services where it would be deployed */
export function taskFacts(wanted: Definition, cluster: string, services: readonly string[]): Fact[] {
  const {containerDefinitions = [], executionRoleArn, taskRoleArn, family = ''} = wanted
  const roles = [executionRoleArn, taskRoleArn].filter((arn) => arn !== undefined && arn !== '')
  return [
    ...roles.map((arn) => uses('role', shortName(arn), family)),
    uses('cluster', shortName(cluster), services.join(', ') || family),
    ...services.map((service) => uses('service', service, family)),
    ...containerDefinitions.flatMap(containerFacts),
  ]
}

function uses(kind: Fact['kind'], name: string, by: string, value?: string): Fact {
  return {fact: 'uses', kind, name, by, ...(value !== undefined && {value})}
}

function containerFacts({name = '', image, logConfiguration, secrets = [], portMappings = []}: Container): Fact[] {
  const by = `container ${name}`
  const group = logConfiguration?.options?.['awslogs-group']
  const repository = /\.dkr[.-]ecr\./.test(image ?? '') ? parseImage(image ?? '').repository : undefined
  return [
    ...(group === undefined ? [] : [uses('log group', group, by)]),
    ...(repository === undefined ? [] : [uses('image repository', repository.replace(/^[^/]+\//, ''), by)]),
    ...secrets.flatMap(({valueFrom = ''}) => (valueFrom === '' ? [] : [secretFact(valueFrom, by)])),
    ...portMappings.map(({containerPort}) => uses('container port', name, by, String(containerPort ?? ''))),
  ]
}

// arn:aws:secretsmanager:<region>:<account>:secret:<name>-<6 characters>[:key:stage:version], an ARN of a parameter, or the
// bare name of one (https://docs.aws.amazon.com/AmazonECS/latest/APIReference/API_Secret.html).
function secretFact(valueFrom: string, by: string): Fact {
  const secret = /^arn:[^:]+:secretsmanager:[^:]*:[^:]*:secret:([^:]+)/.exec(valueFrom)?.[1]
  if (secret !== undefined) return uses('secret', secret.replace(/-[A-Za-z0-9]{6}$/, ''), by)
  const parameter = /^arn:[^:]+:ssm:[^:]*:[^:]*:parameter(\/.+)$/.exec(valueFrom)?.[1]
  return uses('parameter', parameter ?? valueFrom, by)
}
