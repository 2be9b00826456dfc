/** What may be said to `plan`, and to `apply` when it plans by itself. */
export interface PlanOptions {
  readonly targets: readonly string[]
  readonly replaces: readonly string[]
  readonly excludes: readonly string[]
  /** Files with variables, absolute. */
  readonly varFiles: readonly string[]
  readonly destroy: boolean
  readonly refresh: boolean
  readonly refreshOnly: boolean
  /** Objects worked on at once; undefined leaves the tool's own number. */
  readonly parallelism: number | undefined
  /** As the tool takes it: `30s`, `5m`. */
  readonly lockTimeout: string | undefined
}

/**
 * The arguments of `plan` (https://developer.hashicorp.com/terraform/cli/commands/plan). `-detailed-exitcode` keeps
 * "nothing to do" (0), "failed" (1) and "something to do" (2) apart.
 * @param out where the plan is written
 */
export function planArgv(options: PlanOptions, out: string): string[] {
  return [
    'plan',
    '-input=false',
    '-detailed-exitcode',
    `-out=${out}`,
    ...lockArgv(options),
    ...options.varFiles.map((file) => `-var-file=${file}`),
    ...options.targets.map((address) => `-target=${address}`),
    ...options.replaces.map((address) => `-replace=${address}`),
    ...options.excludes.map((address) => `-exclude=${address}`),
    ...(options.destroy ? ['-destroy'] : []),
    ...(options.refreshOnly ? ['-refresh-only'] : []),
    ...(options.refresh ? [] : ['-refresh=false']),
  ]
}

/** The arguments of `apply` for a saved plan: everything that decides what happens is in the plan. */
export function applyArgv(
  options: Pick<PlanOptions, 'parallelism' | 'lockTimeout' | 'varFiles'>,
  planFile: string,
): string[] {
  const variables = options.varFiles.map((file) => `-var-file=${file}`)
  return ['apply', '-json', '-input=false', ...lockArgv(options), ...variables, planFile]
}

function lockArgv({lockTimeout, parallelism}: Pick<PlanOptions, 'parallelism' | 'lockTimeout'>): string[] {
  return [
    ...(lockTimeout === undefined ? [] : [`-lock-timeout=${lockTimeout}`]),
    ...(parallelism === undefined ? [] : [`-parallelism=${String(parallelism)}`]),
  ]
}
