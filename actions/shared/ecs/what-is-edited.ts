// Apart from edits.ts, which needs the SDK: inputs are read before that is loaded.

/** What to change in the containers that an edit names. */
export interface ContainerEdits {
  readonly environment: ReadonlyMap<string, string>
  readonly removeEnvironment: readonly string[]
  /** Takes away every variable and secret that the edit does not set. */
  readonly exclusive: boolean
  /** NAME to what it is read from: the ARN of a secret or the name or ARN of an SSM parameter. */
  readonly secrets: ReadonlyMap<string, string>
  readonly removeSecrets: readonly string[]
  /** ARNs of files in S3; undefined keeps what is there. */
  readonly environmentFiles: readonly string[] | undefined
  readonly command: readonly string[] | undefined
  readonly entryPoint: readonly string[] | undefined
  readonly dockerLabels: ReadonlyMap<string, string>
  readonly logDriver: string | undefined
  readonly logOptions: ReadonlyMap<string, string>
}

/** What to change in a task definition. */
export interface Edits {
  /** The containers that {@link ContainerEdits} are for; none named: the only container there is. */
  readonly containers: readonly string[]
  /** The image of those containers. */
  readonly image: string | undefined
  /** Container to image, for different images at once. */
  readonly images: ReadonlyMap<string, string>
  readonly container: ContainerEdits
  readonly cpu: string | undefined
  readonly memory: string | undefined
  readonly taskRoleArn: string | undefined
  readonly executionRoleArn: string | undefined
  /** A JSON merge patch (RFC 7396) for all else; containers, variables and secrets are matched by their names. */
  readonly patch: unknown
}

/** Whether anything is to be changed in the containers that the edits name. */
export function editsContainers({image, container}: Edits): boolean {
  const {environment, removeEnvironment, exclusive, secrets, removeSecrets, dockerLabels, logOptions} = container
  const sizes = [environment.size, removeEnvironment.length, secrets.size, removeSecrets.length, dockerLabels.size]
  const single = [image, container.environmentFiles, container.command, container.entryPoint, container.logDriver]
  return exclusive || logOptions.size > 0 || sizes.some((n) => n > 0) || single.some((value) => value !== undefined)
}
