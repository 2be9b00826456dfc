import type {Clock} from '../../core/clock.ts'
import type {KubeApi} from './kube-api.ts'

/** Whether the API server answers a question within a time, in milliseconds. Never throws. */
export async function answers(api: KubeApi, clock: Clock, withinMs: number): Promise<boolean> {
  const over = new AbortController()
  const asked = api.send({method: 'GET', path: '/version'}).then(
    () => true,
    () => false,
  )
  try {
    return await Promise.race([asked, clock.sleep(withinMs, over.signal).then(() => false)])
  } finally {
    over.abort()
  }
}
