import {existsSync} from 'node:fs'
import type {Service} from '@aws-sdk/client-ecs'
import {InputError} from '../../shared/core/errors.ts'
import {readUserFile, workspace} from '../../shared/core/files.ts'
import type {Environment} from '../../shared/core/inputs.ts'
import {jsonOrYaml} from '../../shared/ecs/load.ts'

type Json = Record<string, unknown>

/** An AppSpec with a place for the task definition: https://docs.aws.amazon.com/codedeploy/latest/userguide/reference-appspec-file-structure-resources.html */
export type AppSpec = Readonly<Json>

const USUAL_FILE = 'appspec.yaml'

/**
 * The AppSpec for a service: the file that the user gave, else `appspec.yaml` where the checkout has one (its hooks
 * must not get lost), else one that is made from what the service says of its load balancer.
 * @throws {InputError} when the file is no AppSpec for ECS, or nothing tells which container the traffic goes to
 */
export async function loadAppSpec(env: Environment, given: string | undefined, service: Service): Promise<AppSpec> {
  const path = given ?? (existsSync(`${workspace(env)}/${USUAL_FILE}`) ? USUAL_FILE : undefined)
  return path === undefined ? madeFrom(service) : await readFrom(env, path)
}

async function readFrom(env: Environment, path: string): Promise<AppSpec> {
  const text = await readUserFile(env, 'codedeploy-appspec', path)
  const spec = jsonOrYaml(text, path)
  if (targetsOf(spec).length === 0) {
    throw new InputError(
      `Input "codedeploy-appspec" names ${path}, which has no resource of type AWS::ECS::Service with Properties: write it as the AppSpec of an ECS service.`,
    )
  }
  return spec as AppSpec
}

function madeFrom({serviceName = '', taskSets = [], loadBalancers = []}: Service): AppSpec {
  const primary = taskSets.find(({status}) => status === 'PRIMARY')
  const [balancer] = [...(primary?.loadBalancers ?? []), ...loadBalancers]
  if (balancer?.containerName === undefined) {
    throw new InputError(
      `Service "${serviceName}" names no load balancer, so that no AppSpec can be made for it: give one in "codedeploy-appspec".`,
    )
  }
  const {containerName, containerPort} = balancer
  const properties = {
    TaskDefinition: '',
    LoadBalancerInfo: {ContainerName: containerName, ContainerPort: containerPort},
  }
  return {version: 0, Resources: [{TargetService: {Type: 'AWS::ECS::Service', Properties: properties}}]}
}

/** The AppSpec as CodeDeploy takes it, with `taskDefinition` for every service in it. */
export function fillAppSpec(spec: AppSpec, taskDefinition: string): string {
  const filled = structuredClone(spec)
  for (const properties of targetsOf(filled)) {
    const key = Object.keys(properties).find((name) => name.toLowerCase() === 'taskdefinition') ?? 'TaskDefinition'
    properties[key] = taskDefinition
  }
  return JSON.stringify(filled)
}

// CodeDeploy does not care about the case of the keys, and authors write them in both.
function targetsOf(spec: unknown): Json[] {
  const resources = field(spec, 'resources')
  if (!Array.isArray(resources)) return []
  return resources
    .flatMap((resource) => Object.values(isObject(resource) ? resource : {}))
    .filter((target) => field(target, 'type') === 'AWS::ECS::Service')
    .map((target) => field(target, 'properties'))
    .filter(isObject)
}

function field(value: unknown, name: string): unknown {
  if (!isObject(value)) return undefined
  return Object.entries(value).find(([key]) => key.toLowerCase() === name)?.[1]
}

function isObject(value: unknown): value is Json {
  return typeof value === 'object' && value !== null && !Array.isArray(value)
}
