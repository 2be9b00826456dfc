import * as z from 'zod/mini'
import {InputError} from '../core/errors.ts'

/** How GitHub names the end of a job (https://docs.github.com/actions/reference/contexts-reference#needs-context). */
export type JobResult = 'success' | 'failure' | 'cancelled' | 'skipped'

const needsSchema = z.record(
  z.string(),
  z.object({
    result: z.enum(['success', 'failure', 'cancelled', 'skipped']),
    // Null where a runner writes down a job without outputs like that.
    outputs: z.nullish(z.record(z.string(), z.string())),
  }),
)

/** The needs context: each job with its result and its outputs. */
export type Needs = z.infer<typeof needsSchema>

/** `toJSON(needs)`, parsed already; none is no job. @throws {InputError} when it is something else */
export function readNeeds(needs: unknown): Needs {
  if (needs === undefined) return {}
  const parsed = needsSchema.safeParse(needs)
  if (!parsed.success) throw new InputError('Input "needs" is not the needs context: give it toJSON(needs).')
  return parsed.data
}
