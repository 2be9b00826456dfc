import type {AppSpec} from './app-spec.ts'

/** What a service is brought back to. */
export interface Before {
  readonly name: string
  /** ARN of the task definition that ran; of the one that it was made with, when this run made the service. */
  readonly taskDefinition: string
  /** How many tasks were meant to run; undefined when the change left that alone, and so does going back. */
  readonly desiredCount: number | undefined
  /** Where CodeDeploy deploys it: the group, and the AppSpec to go back with. */
  readonly codeDeploy?: CodeDeployBefore | undefined
  /** Whether ECS has just taken the change: what it shows may be older than that. */
  readonly changed?: boolean | undefined
  /** Whether the service did not exist before. */
  readonly created?: boolean | undefined
}

/** What going back by CodeDeploy takes. */
export interface CodeDeployBefore {
  readonly application: string
  readonly group: string
  readonly appSpec: AppSpec
}

/** How going back went. */
export interface Undone {
  readonly restored: boolean
  /** `APIService is back on streaming-api:41, 2/2 running, after 21 s` */
  readonly sentence: string
}
