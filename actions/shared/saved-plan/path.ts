import {mkdir, readFile, rm} from 'node:fs/promises'
import {join} from 'node:path'
import {writePrivateFile} from '../core/files.ts'
import {fileName} from './store.ts'
import type {Entry, Store} from './store.ts'

/** Keeps entries in a folder: for jobs that share a disk, or for a workflow that carries the file by itself. */
export function pathStore(folder: string): Store {
  const fileOf = (entry: Entry): string => join(folder, fileName(entry))
  return {
    place: fileOf,
    put: async (entry, content) => {
      await mkdir(folder, {recursive: true})
      await writePrivateFile(fileOf(entry), content)
    },
    find: async (entry) => {
      try {
        return await readFile(fileOf(entry))
      } catch (error) {
        if ((error as NodeJS.ErrnoException).code === 'ENOENT') return undefined
        throw error
      }
    },
    drop: async (entry) => {
      await rm(fileOf(entry), {force: true})
    },
  }
}
