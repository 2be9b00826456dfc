import {readFile} from 'node:fs/promises'
import {unzipSync} from 'fflate'

/** The state as it was before the plan refreshed it, in a plan file (internal/plans/planfile of Terraform). */
const STATE_BEFORE = 'tfstate-prev'

/** The state that a plan was made with; empty where it cannot be read: OpenTofu's plans may be encrypted. */
export async function stateInPlan(planFile: string): Promise<string> {
  try {
    const found = unzipSync(await readFile(planFile), {filter: ({name}) => name === STATE_BEFORE})[STATE_BEFORE]
    return found === undefined ? '' : Buffer.from(found).toString('utf8')
  } catch {
    return ''
  }
}
