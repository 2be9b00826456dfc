import {Failure} from '../../shared/core/diagnosis.ts'
import type {Preview} from '../../shared/report/preview.ts'

/**
 * Holds what would be done now against what somebody approved, stage by stage: the digest of a preview is of the change
 * itself, so the same change made again has it again. A stage with nothing left to do is as approved: an earlier attempt has
 * done it.
 * @throws {Failure} `plan-changed` for a change that nobody approved
 */
export function requireApproved(approved: readonly Preview[], now: readonly Preview[]): void {
  for (const preview of now.filter(({verdict}) => verdict !== 'none')) {
    const shown = approved.find(({stage, subject}) => stage === preview.stage && subject === preview.subject)
    if (shown?.digest === preview.digest) continue
    throw new Failure({
      reason: 'plan-changed',
      subject: preview.subject,
      cause:
        shown === undefined
          ? 'what would be done here was not shown to those who approved'
          : 'what would be done now is not what was approved',
      evidence: [
        ...(shown === undefined ? [] : [{title: 'approved', lines: linesOf(shown)}]),
        {title: 'now', lines: linesOf(preview)},
      ],
      advice: 'run the whole workflow again: it shows what would be done now, and asks for an approval of that',
      undo: 'nothing was changed here',
    })
  }
}

function linesOf({headline, body, digest}: Preview): string[] {
  const text = body.split('\n').filter((line) => line.trim() !== '' && !line.startsWith('```'))
  return [headline, ...text.slice(0, 40), digest]
}
