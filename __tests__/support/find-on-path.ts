import {existsSync} from 'node:fs'
import {delimiter, join} from 'node:path'

/** The path of a tool on PATH. @throws {Error} that names it when it is not there */
export function findOnPath(tool: string): string {
  const folders = (process.env['PATH'] ?? '').split(delimiter)
  const found = folders.map((folder) => join(folder, tool)).find((path) => existsSync(path))
  if (found === undefined) throw new Error(`${tool} is not on PATH: these tests need it.`)
  return found
}
