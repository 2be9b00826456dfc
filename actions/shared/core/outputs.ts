import * as core from './commands.ts'
import type {Mask} from './mask.ts'

/** Values that later steps read, and state that this action's own post step reads. */
export interface Outputs {
  /** Sets an output; undefined becomes empty text, which is how the runner shows "not set". */
  set(name: string, value: string | number | boolean | undefined): void
  /**
   * Hands a secret to later steps of this job, as it is. The caller has masked it, so the log does not show it; the
   * runner lets no such output pass to another job.
   */
  setSecret(name: string, value: string): void
  /** Hands `value` to this action's post step. Written at once: a kill right after it loses nothing. */
  saveState(name: string, value: string): void
  /** Sets an environment variable for the steps after this one. */
  exportVariable(name: string, value: string): void
}

/**
 * Outputs of the step that this process runs.
 * @param mask known secrets are replaced in every output: the runner drops an output that holds a masked value whole,
 * and a later job would see nothing at all (https://github.com/actions/runner/issues/1498)
 */
export function makeOutputs(mask: Mask): Outputs {
  return {
    set: (name, value) => {
      core.setOutput(name, value === undefined ? '' : mask.scrub(String(value)))
    },
    setSecret: (name, value) => {
      core.setOutput(name, value)
    },
    saveState: (name, value) => {
      core.saveState(name, value)
    },
    exportVariable: (name, value) => {
      core.exportVariable(name, value)
    },
  }
}
