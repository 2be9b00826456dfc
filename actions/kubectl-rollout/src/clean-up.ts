import {rm} from 'node:fs/promises'
import type {World} from '../../shared/core/world.ts'

/** Under which name the post step finds the folder with the kubeconfig. */
export const FOLDER_STATE = 'kubeconfig-folder'

/** Removes the kubeconfig that this action wrote, after the job's last step. */
export async function cleanUp(world: World): Promise<void> {
  const folder = world.env[`STATE_${FOLDER_STATE}`]
  if (folder !== undefined && folder !== '') await rm(folder, {recursive: true, force: true})
}
