import type {Link} from '../core/diagnosis.ts'
import {parseArn, shortName} from './names.ts'

// https://docs.aws.amazon.com/general/latest/gr/aws-arns-and-namespaces.html; the isolated partitions have no public
// console address, so nothing is linked there.
const CONSOLES: Readonly<Record<string, string>> = {
  aws: 'console.aws.amazon.com',
  'aws-cn': 'console.amazonaws.cn',
  'aws-us-gov': 'console.amazonaws-us-gov.com',
  'aws-eusc': 'console.amazonaws-eusc.eu',
}

/** The console's address for a resource's partition and region; undefined where there is no public console. */
export function consoleBase(arn: string): {readonly base: string; readonly region: string} | undefined {
  const parts = parseArn(arn)
  const host = parts && CONSOLES[parts.partition]
  if (parts === undefined || host === undefined) return undefined
  return {base: `https://${parts.region}.${host}`, region: parts.region}
}

/** The service's page in the ECS console. */
export function serviceLink(serviceArn: string, cluster: string): Link[] {
  const at = consoleBase(serviceArn)
  if (at === undefined) return []
  const path = `/ecs/v2/clusters/${shortName(cluster)}/services/${shortName(serviceArn)}/deployments`
  return [{text: 'service', url: `${at.base}${path}?region=${at.region}`}]
}

/** A CodeDeploy deployment's page in the console. @param arn any ARN of the same partition and region */
export function codeDeployLink(arn: string, id: string): Link[] {
  const at = consoleBase(arn)
  if (at === undefined) return []
  return [{text: `deployment ${id}`, url: `${at.base}/codesuite/codedeploy/deployments/${id}?region=${at.region}`}]
}

/** A task's page in the ECS console. */
export function taskLink(taskArn: string, cluster: string): Link[] {
  const at = consoleBase(taskArn)
  if (at === undefined) return []
  const id = shortName(taskArn)
  const path = `/ecs/v2/clusters/${shortName(cluster)}/tasks/${id}`
  return [{text: `task ${id.slice(0, 4)}`, url: `${at.base}${path}?region=${at.region}`}]
}

/** A log stream's page in the CloudWatch console. @param arn any ARN of the same partition and region */
export function logLink(arn: string, group: string, stream: string): Link[] {
  const at = consoleBase(arn)
  if (at === undefined) return []
  const part = (text: string): string => encodeURIComponent(encodeURIComponent(text)).replaceAll('%', '$')
  const hash = `logsV2:log-groups/log-group/${part(group)}/log-events/${part(stream)}`
  return [{text: 'log stream', url: `${at.base}/cloudwatch/home?region=${at.region}#${hash}`}]
}
