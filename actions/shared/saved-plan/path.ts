import {mkdir, readFile} from 'node:fs/promises'
import {join} from 'node:path'
import {writePrivateFile} from '../core/files.ts'
import {noSuchPlan, planFileName} from './store.ts'
import type {PlanStore} from './store.ts'

/** Keeps plans in a folder: for jobs that share a disk, or for a workflow that carries the file by itself. */
export function pathStore(folder: string): PlanStore {
  return {
    name: `the folder ${folder}`,
    put: async (id, content) => {
      await mkdir(folder, {recursive: true})
      await writePrivateFile(join(folder, planFileName(id)), content)
    },
    get: async (id) => {
      try {
        return await readFile(join(folder, planFileName(id)))
      } catch (error) {
        if ((error as NodeJS.ErrnoException).code === 'ENOENT') throw noSuchPlan(id, `the folder ${folder}`)
        throw error
      }
    },
  }
}
