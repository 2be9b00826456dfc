import type {Track} from './track.ts'

/** What one look asks for. A look takes one call for each, however many deployments are watched. */
export interface Turn {
  /** DescribeServices. */
  readonly services: boolean
  /** What decides about staged deployments: their records, or CodeDeploy. */
  readonly deciding: boolean
  /** How far CodeDeploy is with the traffic. */
  readonly traffic: boolean
}

// While traffic has not moved, tasks are as telling as stages; once it has, only the end is waited for.
const EARLY: readonly (keyof Turn)[] = ['deciding', 'services', 'deciding', 'traffic']
const LATE: readonly (keyof Turn)[] = [...others(9), 'services', ...others(9), 'traffic']

function others(count: number): (keyof Turn)[] {
  return Array.from({length: count}, () => 'deciding' as const)
}

/**
 * What the next look asks for. The end of a rolling deployment is seen in its service; that of a staged one in its
 * record or at CodeDeploy only. As long as calls are left over everything is asked at each look; then one thing at a
 * time, so that looks can go on every 2 s with one call each.
 * @param look how many looks there were before
 * @param rich whether calls are left over
 */
export function turnOf(tracks: readonly Track[], look: number, rich: boolean): Turn {
  const staged = tracks.filter((track) => track.isDecidedElsewhere)
  const byCodeDeploy = staged.some(({watched}) => watched.codeDeployId !== undefined)
  if (staged.length === 0) return {services: true, deciding: false, traffic: false}
  if (rich) return {services: true, deciding: true, traffic: byCodeDeploy}
  // Rolling ones beside it need their services each time: the others take turns with nothing.
  const mixed = staged.length < tracks.length
  const order = staged.every(isLate) ? LATE : EARLY
  const what = order[look % order.length] ?? 'deciding'
  const only = what === 'traffic' && !byCodeDeploy ? 'services' : what
  return {
    services: mixed || only === 'services',
    deciding: only === 'deciding',
    traffic: only === 'traffic',
  }
}

// https://docs.aws.amazon.com/AmazonECS/latest/APIReference/API_ServiceDeployment.html
const LATE_STAGES: ReadonlySet<string> = new Set(['POST_PRODUCTION_TRAFFIC_SHIFT', 'BAKE_TIME', 'CLEAN_UP'])

/** Whether the traffic of a staged deployment has moved: nothing but its end is waited for. */
function isLate({snapshot: {record, codeDeploy}}: Track): boolean {
  if (record !== undefined) {
    const {lifecycleStage = 'CLEAN_UP', targetServiceRevision} = record
    return LATE_STAGES.has(lifecycleStage) || targetServiceRevision?.requestedProductionTrafficWeight === 100
  }
  const green = codeDeploy?.target?.taskSetsInfo.find(({taskSetLabel}) => taskSetLabel === 'Green')
  return green?.trafficWeight === 100
}

// https://docs.aws.amazon.com/codedeploy/latest/APIReference/API_ECSTarget.html
const OVER: ReadonlySet<string> = new Set(['Succeeded', 'Failed', 'Skipped'])

/** Whether service or traffic look as if a staged deployment were over: then who decides about it is asked at once. */
export function looksOver({snapshot: {service, codeDeploy}, watched, allRunning}: Track): boolean {
  const listed = service?.deployments ?? []
  const alone = listed.length === 1 && listed[0]?.id === watched.deploymentId && allRunning
  return alone || OVER.has(codeDeploy?.target?.status ?? '')
}
