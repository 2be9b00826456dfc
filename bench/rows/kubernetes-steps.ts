import type {Room} from '../core/kube-shapes.ts'
import {ourAction, runStep, runTool} from '../core/step.ts'
import type {Cost, Step} from '../core/step.ts'

/** Seconds that every trouble but a missing image is given. */
export const PATIENCE = 4
/** Seconds after which `kubectl rollout status` gives one workload up. */
export const LIMIT = 20

/** Our action on a manifest. @param grace its input, in seconds */
export const ours = (
  {lab, namespace}: Room,
  text: string,
  ends: Pick<Step, 'exits' | 'says'>,
  grace = PATIENCE,
): Promise<Cost> =>
  runStep(ourAction('kubectl-rollout'), {
    ...ends,
    env: lab.vars,
    files: {'k8s/app.json': text},
    inputs: {manifests: 'k8s', namespace, grace: `${String(grace)}s`, timeout: '120s', 'on-failure': 'keep'},
    limit: 200,
  })

/** `kubectl apply`, then `kubectl rollout status` of one after the other, as scripts do it. */
export function bare({lab, namespace}: Room, text: string, names: readonly string[], exits: number): Promise<Cost> {
  const status = names.map(
    (name) =>
      `kubectl -n ${namespace} rollout status deployment/${name} --timeout=${String(LIMIT * (names.length > 1 ? 6 : 1))}s`,
  )
  const script = `printf '%s' "$MANIFEST" | kubectl apply -f - && ${status.join(' && ')}`
  return runTool(['sh', '-c', script], {exits, cwd: '/', env: {...lab.vars, MANIFEST: text}, limit: 200})
}
