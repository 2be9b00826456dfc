import {condition} from './deploys.ts'
import type {Finding} from './deploys.ts'
import type {Job, Workflow} from './model.ts'

// A condition without one of these has `success() &&` before it, which asks for all jobs before it, not only for `needs`:
// https://docs.github.com/actions/reference/workflows-and-actions/expressions#status-check-functions
const OVERRIDES = /\b(?:always|failure|cancelled)\(\)/

const overrides = (job: Job): boolean => OVERRIDES.test(condition(job))

/**
 * Jobs that are left out without anybody having said so: one that waits for a job that ran although something before it was
 * skipped is skipped itself, and a condition about a skipped job is never true.
 */
export function skippedAncestors({jobs}: Workflow): Finding[] {
  const byId = new Map(jobs.map((job) => [job.id, job]))
  return jobs.flatMap((job) => {
    if (overrides(job)) return []
    const message = neverTrue(job) ?? silentSkip(job, byId)
    return message === undefined ? [] : [{line: job.if?.line ?? job.line, rule: 'skipped-ancestor', message}]
  })
}

function neverTrue(job: Job): string | undefined {
  const asked = /needs\.([\w-]+)\.result\s*==\s*'skipped'/.exec(condition(job))?.[1]
  if (asked === undefined) return undefined
  return `job "${job.id}" never runs when "${asked}" was skipped, whatever its condition says: begin it with "!failure() && !cancelled() &&"`
}

function silentSkip(job: Job, byId: ReadonlyMap<string, Job>): string | undefined {
  for (const id of job.needs) {
    const needed = byId.get(id)
    // Who needs a job that may be skipped is skipped with it: that is what `needs` says.
    if (needed === undefined || !overrides(needed)) continue
    const skipped = [...ancestors(needed, byId)].find((each) => each.if !== undefined && !overrides(each))
    if (skipped === undefined) continue
    return `job "${job.id}" is skipped whenever "${skipped.id}" is, although "${id}" ran: say "if: \${{ !failure() && !cancelled() && needs.${id}.result == 'success' }}"`
  }
  return undefined
}

function ancestors(job: Job, byId: ReadonlyMap<string, Job>, seen = new Set<Job>()): Set<Job> {
  for (const id of job.needs) {
    const needed = byId.get(id)
    if (needed === undefined || seen.has(needed)) continue
    seen.add(needed)
    ancestors(needed, byId, seen)
  }
  return seen
}
