import {createHash} from 'node:crypto'
import type {ECSClient} from '@aws-sdk/client-ecs'
import * as z from 'zod/mini'
import {jsonCall} from '../aws/signed-call.ts'
import type {Environment} from '../core/inputs.ts'

const text = z._default(z.string(), '')
const count = z.optional(z.number())

const rawSchema = z.optional(z.object({sha256: text}))

const deploymentSchema = z.object({
  revision: z.optional(z.object({appSpecContent: rawSchema, string: rawSchema})),
  deploymentId: text,
  applicationName: text,
  deploymentGroupName: text,
  status: text,
  errorInformation: z.optional(z.object({code: text, message: text})),
  rollbackInfo: z.optional(z.object({rollbackDeploymentId: z.optional(z.string()), rollbackMessage: text})),
})

const eventSchema = z.object({
  lifecycleEventName: text,
  status: text,
  diagnostics: z.optional(z.object({errorCode: text, message: text})),
})

const targetSchema = z.object({
  status: text,
  lifecycleEvents: z._default(z.array(eventSchema), []),
  taskSetsInfo: z._default(z.array(z.object({taskSetLabel: text, trafficWeight: count})), []),
})

const timeSchema = z.optional(
  z.object({
    deploymentReadyOption: z.optional(z.object({actionOnTimeout: text, waitTimeInMinutes: count})),
    terminateBlueInstancesOnDeploymentSuccess: z.optional(
      z.object({action: text, terminationWaitTimeInMinutes: count}),
    ),
  }),
)

const groupSchema = z.object({
  applicationName: text,
  deploymentGroupName: text,
  ecsServices: z._default(z.array(z.object({serviceName: text, clusterName: text})), []),
  blueGreenDeploymentConfiguration: timeSchema,
})

/** A deployment of CodeDeploy: https://docs.aws.amazon.com/codedeploy/latest/APIReference/API_DeploymentInfo.html */
export type CodeDeployment = z.infer<typeof deploymentSchema>
/** How far a deployment is with the service: https://docs.aws.amazon.com/codedeploy/latest/APIReference/API_ECSTarget.html */
export type CodeDeployTarget = z.infer<typeof targetSchema>

/** What CodeDeploy says of its deployment at one moment. */
export interface CodeDeployState {
  readonly deployment: CodeDeployment
  /** Undefined before it has begun with the service. */
  readonly target: CodeDeployTarget | undefined
}

/** A deployment group: https://docs.aws.amazon.com/codedeploy/latest/APIReference/API_DeploymentGroupInfo.html */
export type DeploymentGroup = z.infer<typeof groupSchema>

/** What a deployment is asked for with; undefined is not sent. */
export interface DeploymentOrder {
  readonly application: string
  readonly group: string
  /** The AppSpec, as JSON. */
  readonly appSpec: string
  readonly description: string | undefined
  readonly config: string | undefined
}

const ACTIVE = ['Created', 'Queued', 'InProgress', 'Baking', 'Ready']

/** The part of CodeDeploy that deploys to ECS. Every call throws errors named by AWS's code. */
export class CodeDeploy {
  readonly #env: Environment
  readonly #carrier: ECSClient

  /** @param carrier an ECS client, for its credentials, region and proxy */
  constructor(env: Environment, carrier: ECSClient) {
    this.#env = env
    this.#carrier = carrier
  }

  /** The names of all applications. */
  async applications(): Promise<string[]> {
    return await this.#pages('ListApplications', {}, 'applications')
  }

  /** The names of an application's deployment groups. */
  async groupNames(applicationName: string): Promise<string[]> {
    return await this.#pages('ListDeploymentGroups', {applicationName}, 'deploymentGroups')
  }

  /** A deployment group; undefined when the application or the group is not there. */
  async group(applicationName: string, deploymentGroupName: string): Promise<DeploymentGroup | undefined> {
    try {
      const answer = await this.#call('GetDeploymentGroup', {applicationName, deploymentGroupName})
      return z.object({deploymentGroupInfo: groupSchema}).parse(answer).deploymentGroupInfo
    } catch (error) {
      if (error instanceof Error && /DoesNotExist/.test(error.name)) return undefined
      throw error
    }
  }

  /** The ids of the deployments of a group that are under way. */
  async active(applicationName: string, deploymentGroupName: string): Promise<string[]> {
    return await this.#pages(
      'ListDeployments',
      {applicationName, deploymentGroupName, includeOnlyStatuses: ACTIVE},
      'deployments',
    )
  }

  /** The id of a deployment under way that was asked for with this order; undefined when there is none. */
  async underWay({application, group, appSpec}: DeploymentOrder): Promise<string | undefined> {
    const sha256 = digestOf(appSpec)
    for (const id of await this.active(application, group)) {
      const {revision} = await this.deployment(id)
      if ((revision?.appSpecContent ?? revision?.string)?.sha256 === sha256) return id
    }
    return undefined
  }

  /** Starts a deployment and gives its id. */
  async create({application, group, appSpec, description, config}: DeploymentOrder): Promise<string> {
    const sha256 = digestOf(appSpec)
    const answer = await this.#call('CreateDeployment', {
      applicationName: application,
      deploymentGroupName: group,
      revision: {revisionType: 'AppSpecContent', appSpecContent: {content: appSpec, sha256}},
      ...(description !== undefined && {description}),
      ...(config !== undefined && {deploymentConfigName: config}),
    })
    return z.object({deploymentId: z.string()}).parse(answer).deploymentId
  }

  /** A deployment. */
  async deployment(deploymentId: string): Promise<CodeDeployment> {
    const answer = await this.#call('GetDeployment', {deploymentId})
    return z.object({deploymentInfo: deploymentSchema}).parse(answer).deploymentInfo
  }

  /** Deployments by their ids, in one call for up to 25; one of them takes no leave to ask for several. */
  async deployments(ids: readonly string[]): Promise<ReadonlyMap<string, CodeDeployment>> {
    const [only] = ids
    if (only === undefined) return new Map()
    if (ids.length === 1) return new Map([[only, await this.deployment(only)]])
    const answer = await this.#call('BatchGetDeployments', {deploymentIds: ids})
    const {deploymentsInfo} = z.object({deploymentsInfo: z.array(deploymentSchema)}).parse(answer)
    return new Map(deploymentsInfo.map((deployment) => [deployment.deploymentId, deployment]))
  }

  /** How far a deployment is with its service; undefined before it has begun. */
  async target(deploymentId: string, cluster: string, service: string): Promise<CodeDeployTarget | undefined> {
    const targetIds = [`${cluster}:${service}`]
    const answer = await this.#call('BatchGetDeploymentTargets', {deploymentId, targetIds})
    const schema = z.object({
      deploymentTargets: z._default(z.array(z.object({ecsTarget: z.optional(targetSchema)})), []),
    })
    return schema.parse(answer).deploymentTargets[0]?.ecsTarget
  }

  /** Stops a deployment and lets CodeDeploy move the traffic back to what ran before. */
  async stop(deploymentId: string): Promise<void> {
    await this.#call('StopDeployment', {deploymentId, autoRollbackEnabled: true})
  }

  /** Continues a deployment that waits for somebody to let the traffic move. */
  async proceed(deploymentId: string): Promise<void> {
    await this.#call('ContinueDeployment', {deploymentId, deploymentWaitType: 'READY_WAIT'})
  }

  async #pages(operation: string, input: object, field: string): Promise<string[]> {
    const found: string[] = []
    let nextToken: unknown
    do {
      const answer = (await this.#call(operation, {...input, ...(nextToken !== undefined && {nextToken})})) as Answer
      found.push(...z._default(z.array(z.string()), []).parse(answer[field]))
      nextToken = answer['nextToken'] ?? undefined
    } while (nextToken !== undefined)
    return found
  }

  async #call(operation: string, input: unknown): Promise<unknown> {
    const place = {service: 'codedeploy', endpointVariable: 'CODEDEPLOY'}
    return await jsonCall(this.#env, this.#carrier, place, `CodeDeploy_20141006.${operation}`, input)
  }
}

function digestOf(appSpec: string): string {
  return createHash('sha256').update(appSpec).digest('hex')
}

type Answer = Readonly<Record<string, unknown>>
