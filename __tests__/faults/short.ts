import {cellsOf} from './core/cells.ts'
import {nameOf} from './core/model.ts'
import type {Cell} from './core/model.ts'
import {SUBJECTS} from './subjects/index.ts'

// One of each kind of fault, at the phase where it is worst: what stays broken for ever, and what takes long, is for
// the whole matrix.
const WORST: Readonly<Record<string, RegExp>> = {
  'ecr-build-push':
    / (push · (503 × 3|answer lost)|read back · wrong JSON|build · SIGINT|log in · expired credentials|build · invalid UTF-8|from the start · GITHUB_OUTPUT missing)$/,
  'ecs-deploy':
    / \(good\) · (register · answer lost|update · (answer lost|reset|wrong JSON|SIGINT|SIGKILL)|wait · 503 × 3|from the start · (clock 10 min fast|no DNS|GITHUB_STATE missing|disk full in RUNNER_TEMP))$/,
  'ecs-run-task':
    / (\(migration\) · (start · (answer lost|GITHUB_STATE missing)|follow · SIGTERM|preflight · expired credentials)|\(crash\) · follow · truncated body)$/,
  'kubectl-rollout':
    / (\(good\) · (apply · (answer lost|wrong JSON|truncated for ever)|wait · (SIGINT|SIGKILL|expired credentials|RUNNER_TEMP read-only)|from the start · (no network|GITHUB_OUTPUT missing))|\(exits at once\) · watch on · (reset|SIGINT))$/,
  'terraform-plan': / (plan · SIGINT|keep · (503 × 3|reset)|plan · invalid UTF-8)$/,
  'terraform-apply':
    / \(reviewed plan\) · (fetch · reset|write state · (503 × 3|answer lost)|apply · (SIGINT, SIGTERM|SIGKILL|RUNNER_TEMP read-only)|from the start · GITHUB_STATE missing)$/,
  'terraform-roots': / git · (SIGKILL|invalid UTF-8)$/,
  'delivery-report':
    / (write comment · (answer lost|reset|expired credentials)|from the start · GITHUB_OUTPUT missing)$/,
  'pr-command':
    / (who may · (SIGINT|expired credentials)|reviews · truncated body|react · answer lost|write answer · answer lost)$/,
}

/** The cells of the short form, which every `npm test` runs. */
export function shortCells(): Cell[] {
  return SUBJECTS.flatMap(cellsOf).filter((cell) => WORST[cell.subject.action]?.test(nameOf(cell)) === true)
}
