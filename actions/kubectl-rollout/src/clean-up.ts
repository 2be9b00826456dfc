import {readdir, readFile} from 'node:fs/promises'
import {takeAway} from '../../shared/core/files.ts'
import {PROXY_STATE} from '../../shared/kubernetes/api/kubectl.ts'
import type {World} from '../../shared/core/world.ts'

/** Under which name the post step finds the folder with the kubeconfig. */
export const FOLDER_STATE = 'kubeconfig-folder'

/** Removes the kubeconfig that this action wrote, after the job's last step, and a way to the cluster that was left open. */
export async function cleanUp(world: World): Promise<void> {
  const proxy = world.env[`STATE_${PROXY_STATE}`] ?? ''
  if (proxy !== '') await endProxy(proxy)
  const folders = [world.env[`STATE_${FOLDER_STATE}`] ?? '', proxy].filter((folder) => folder !== '')
  await takeAway(world.log, 'The kubeconfig', ...folders)
}

// An action that is killed cannot end its proxy, which would go on to let anybody with this user's rights into the
// cluster. It is known by the socket in its arguments; where there is no /proc, the runner ends it with the job.
async function endProxy(folder: string): Promise<void> {
  const pids = (await readdir('/proc').catch(() => [])).filter((name) => /^\d+$/.test(name))
  for (const pid of pids) {
    const line = await readFile(`/proc/${pid}/cmdline`, 'utf8').catch(() => '')
    if (line.includes(`--unix-socket=${folder}/`)) process.kill(-Number(pid), 'SIGTERM')
  }
}
