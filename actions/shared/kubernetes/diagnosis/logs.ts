import type {KubeApi} from '../api/kube-api.ts'
import {KubeError} from '../api/kube-error.ts'
import type {KubeObject} from '../object.ts'
import {containersOf} from '../watch/pod.ts'

/** The last lines of a container. */
export interface LastLines {
  readonly pod: string
  readonly container: string
  /** The instance before the one that runs now: the one that crashed. */
  readonly previous: boolean
  readonly lines: readonly string[]
}

const LIMIT_BYTES = '65536'
/** What the kubelet answers, with status 200, when the log of an instance is gone. */
const GONE = /^unable to retrieve container logs for \S+$/

/**
 * The last lines of a container: of the instance that ended, also when another one runs by now. Empty when there is
 * nothing to read; logs that cannot be read never hide the failure they would explain.
 * @param count how many lines
 */
export async function lastLines(api: KubeApi, pod: KubeObject, container: string, count: number): Promise<LastLines> {
  const status = containersOf(pod).find(({name}) => name === container)
  const crashed = status?.state?.terminated === undefined && status?.lastState?.terminated !== undefined
  for (const previous of crashed ? [true, false] : [false, true]) {
    const lines = await read(api, pod, container, count, previous)
    if (lines.length > 0) return {pod: pod.metadata.name ?? '', container, previous, lines}
  }
  return {pod: pod.metadata.name ?? '', container, previous: false, lines: []}
}

async function read(
  api: KubeApi,
  {metadata}: KubeObject,
  container: string,
  count: number,
  previous: boolean,
): Promise<readonly string[]> {
  const path = `/api/v1/namespaces/${metadata.namespace ?? ''}/pods/${metadata.name ?? ''}/log`
  const query = {container, tailLines: String(count), limitBytes: LIMIT_BYTES, previous: String(previous)}
  try {
    const text = await api.text(path, query)
    return text.split(/\r?\n/).filter((line) => line.trim() !== '' && !GONE.test(line))
  } catch (error) {
    if (error instanceof KubeError) return []
    throw error
  }
}

const LONGEST = 200

/** What a log line says: the message of a structured one, else the line itself; cut where it gets long. */
export function messageIn(line: string): string {
  const said = structured(line) ?? line.trim()
  return said.length > LONGEST ? `${said.slice(0, LONGEST - 1)}…` : said
}

function structured(line: string): string | undefined {
  try {
    const parsed = JSON.parse(line) as Record<string, unknown> | null
    const said = parsed?.['msg'] ?? parsed?.['message'] ?? parsed?.['error']
    return typeof said === 'string' ? said : undefined
  } catch {
    return undefined
  }
}
