import {existsSync} from 'node:fs'
import {join} from 'node:path'
import {labPaths} from './core/paths.ts'
import {readState} from './core/state.ts'
import {BASE_IMAGE, standInLayout} from './parts/base-image.ts'

/**
 * Named build contexts that give a build its base image where no hub can be reached, in the form of `--build-context`
 * (https://docs.docker.com/reference/cli/docker/buildx/build/#build-context). Empty where the hub serves the real one.
 * @throws Error when the stand-in is needed and is not there.
 */
export function baseImageBuildContexts(env: NodeJS.ProcessEnv = process.env): string[] {
  const paths = labPaths(env)
  if (readState(paths).parts['base-image']?.notes['standIn'] !== 'yes') return []
  const layout = standInLayout(paths)
  if (!existsSync(join(layout, 'index.json')))
    throw new Error(`The base image’s stand-in is missing in ${layout}: run lab up again.`)
  return [`${BASE_IMAGE}=oci-layout://${layout}:${BASE_IMAGE.split(':')[1] ?? 'latest'}`]
}
