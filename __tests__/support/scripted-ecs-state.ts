/** What a history says of one deployment; `ours` is the one that UpdateService makes. */
export interface DeploymentFrame {
  readonly running?: number
  readonly pending?: number
  readonly failed?: number
  readonly desired?: number
  readonly rollout?: string | null
  readonly reason?: string
  /** Not listed at all (any more). */
  readonly gone?: boolean
  readonly definition?: string
}

/** What a history says of one task, merged by its id. */
export interface TaskFrame {
  readonly id: string
  readonly of?: 'ours' | 'old' | 'other'
  readonly status?: string
  readonly stopCode?: string
  readonly stoppedReason?: string
  readonly exit?: number
  readonly reason?: string
  readonly ran?: number
  readonly pulling?: boolean
  readonly health?: string
  readonly digest?: string
  readonly image?: string
  /** `family:revision` of a task that is not of these deployments. */
  readonly definition?: string
  readonly containers?: readonly {readonly name: string; readonly exit?: number; readonly reason?: string}[]
}

/** What a history says of the deployment of CodeDeploy. */
export interface CodeDeployFrame {
  readonly status?: string
  readonly error?: {readonly code: string; readonly message: string}
  /** The state of the deployment that goes back, once CodeDeploy has made one. */
  readonly back?: string
  /** Name, status and message of each lifecycle event. */
  readonly events?: readonly (readonly [string, string, string?])[]
  /** Percent of the traffic that the new tasks get. */
  readonly weight?: number
}

/** The state from a moment on; what a frame does not mention stays as it was. */
export interface Frame {
  /** Seconds since UpdateService (or RunTask). */
  readonly at: number
  readonly ours?: DeploymentFrame
  readonly old?: DeploymentFrame
  readonly other?: DeploymentFrame
  readonly primary?: 'ours' | 'old' | 'other'
  readonly status?: string
  readonly desired?: number
  readonly events?: readonly string[]
  /** For each event, when its frame began; {@link stateAt} fills it in. */
  readonly eventTimes?: readonly number[]
  readonly tasks?: readonly TaskFrame[]
  readonly record?: Readonly<Record<string, unknown>> | null
  readonly codeDeploy?: CodeDeployFrame
  /** Targets of the service's group: state, reason code and description of each. */
  readonly targets?: readonly (readonly [string, string?, string?])[]
  /** Errors by operation: the name of the exception, or `reset` for a connection that breaks. */
  readonly errors?: Readonly<Record<string, string>>
  readonly missing?: boolean
}

/** What a log stream holds, by container and task: `api/t1`. */
export type Logs = Readonly<Record<string, readonly string[]>>

/** A history of one service. */
export interface History {
  readonly service?: {
    readonly desired?: number
    readonly strategy?: string
    readonly controller?: string
    readonly record?: boolean
    readonly scheduling?: string
    /** Has no network configuration. */
    readonly noSubnets?: boolean
    /** Container and port that a load balancer sends requests to. */
    readonly balancer?: {readonly containerName: string; readonly containerPort: number}
    /** Seconds for which the service still names the record of the deployment before. */
    readonly recordLate?: number
  }
  /** Before anything is changed. */
  readonly before?: Omit<Frame, 'at'>
  readonly frames?: readonly Frame[]
  /** After a second UpdateService or a StopServiceDeployment, when that is played, too. */
  readonly undo?: readonly Frame[]
  /** Once a pause was ended by a call, the frames from then on. */
  readonly continued?: readonly Frame[]
  /** A deployment group of another name than usual, and what it waits for. */
  readonly codeDeployGroup?: {readonly terminationMinutes?: number; readonly busy?: boolean}
  readonly logs?: Logs
  /** Revisions of the family that are registered when the history begins. */
  readonly revisions?: readonly number[]
  /** Tags that ECR has; undefined: it has whatever is asked for. */
  readonly tags?: readonly string[]
  /** The architectures of its images. */
  readonly architectures?: readonly string[]
  /** Prefixes of pull-through caches. */
  readonly caches?: readonly string[]
  /** Secrets and parameters that are there; undefined: all. */
  readonly secrets?: readonly string[]
  /** No log group is there. */
  readonly noLogGroups?: boolean
  /** A service that does not exist is shown as a deleted one. */
  readonly inactive?: boolean
  /** The kind of targets that the target group takes; `ip` when not given. */
  readonly targetType?: string
  /** Operations whose first answer gets lost on the way, after they have done what they do. */
  readonly lost?: readonly string[]
  /** What an operation answers instead of doing it, code and words; for one service only as `UpdateService WorkerService`. */
  readonly refusals?: Readonly<Record<string, readonly [code: string, words: string]>>
  /** Whether the revision that runs was deregistered. */
  readonly inactiveRevision?: boolean
  /** What CreateService answers instead of making a service. */
  readonly createRefused?: string
  /** How many tasks or revisions ECS lists at once; all when not given. */
  readonly pageSize?: number
  /** Milliseconds by which the clock of AWS is ahead of ours. */
  readonly skew?: number
}

/** All frames up to a moment, as one. */
export function stateAt(frames: readonly Frame[], seconds: number): Frame {
  return frames.filter(({at}) => at <= seconds).reduce(merge, {at: 0})
}

function eventsOf(state: Frame, {at, events = [], eventTimes}: Frame): Pick<Frame, 'events' | 'eventTimes'> {
  return {
    events: [...(state.events ?? []), ...events],
    eventTimes: [...(state.eventTimes ?? []), ...(eventTimes ?? events.map(() => at))],
  }
}

function merge(state: Frame, frame: Frame): Frame {
  const tasks = new Map((state.tasks ?? []).map((task) => [task.id, task]))
  for (const task of frame.tasks ?? []) tasks.set(task.id, {...tasks.get(task.id), ...task})
  return {
    ...state,
    ...frame,
    ours: {...state.ours, ...frame.ours},
    old: {...state.old, ...frame.old},
    ...((state.other ?? frame.other) && {other: {...state.other, ...frame.other}}),
    ...eventsOf(state, frame),
    tasks: [...tasks.values()],
    codeDeploy: {...state.codeDeploy, ...frame.codeDeploy},
    errors: frame.errors ?? {},
    ...(frame.record !== undefined && {record: frame.record === null ? null : {...state.record, ...frame.record}}),
  }
}
