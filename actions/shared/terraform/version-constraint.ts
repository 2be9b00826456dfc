import semver from 'semver'

/**
 * Whether a text says which versions are wanted: a version (`1.11.4`), a range of npm's kind (`~1.11`, `1.x`, `latest`),
 * or constraints of Terraform's own kind, all of which must hold (`>= 1.9, < 2.0, != 1.10.1`, `~> 1.9`).
 */
export function isConstraint(text: string): boolean {
  return parts(text).every((part) => rangeOf(part) !== undefined)
}

/** Whether a version is one of those that are wanted. Versions before a release count only when named exactly. */
export function satisfies(version: string, constraint: string): boolean {
  return parts(constraint).every((part) => {
    const unwanted = /^!=\s*(.+)$/.exec(part)?.[1]
    if (unwanted !== undefined) return semver.neq(version, unwanted)
    return semver.satisfies(version, rangeOf(part) ?? '<0.0.0-0')
  })
}

/** The one version that a constraint names, or undefined when it leaves a choice. */
export function exactVersion(constraint: string): string | undefined {
  return semver.valid(constraint.replace(/^=\s*/, '')) ?? undefined
}

/** The newest of some versions that is wanted. */
export function newest(versions: readonly string[], constraint: string): string | undefined {
  const fitting = versions.filter((version) => semver.valid(version) !== null && satisfies(version, constraint))
  return fitting.sort(semver.rcompare)[0]
}

function parts(constraint: string): string[] {
  return constraint.split(',').map((part) => part.trim())
}

function rangeOf(part: string): string | undefined {
  if (part === 'latest') return '*'
  if (part.startsWith('!=')) return semver.valid(part.slice(2).trim()) === null ? undefined : '*'
  return semver.validRange(part.startsWith('~>') ? pessimistic(part.slice(2).trim()) : part) ?? undefined
}

// `~> 1.9` lets 1.10 in and `~> 1.9.0` does not: only the last number that is written may grow
// (https://developer.hashicorp.com/terraform/language/expressions/version-constraints). npm reads the sign differently.
function pessimistic(version: string): string {
  const numbers = version.split('.')
  return numbers.length <= 2 ? `^${version}`.replace(/^\^0\.(\d+)$/, '>=0.$1.0 <1.0.0') : `~${version}`
}
