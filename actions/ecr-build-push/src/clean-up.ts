import {rm} from 'node:fs/promises'
import type {World} from '../../shared/core/world.ts'
import {removeDockerHome} from '../../shared/ecr/docker-login.ts'
import {removeBuilder} from './builder.ts'

/** Removes what the step may have left: its login, its secrets, its builder. What is gone already is no matter. */
export async function cleanUp(world: World): Promise<void> {
  const [home, folder, builder] = [
    world.env['STATE_docker-home'],
    world.env['STATE_build-folder'],
    world.env['STATE_builder'],
  ]
  if (home !== undefined) await removeDockerHome(home)
  if (folder !== undefined) await rm(folder, {recursive: true, force: true})
  if (builder !== undefined) await removeBuilder(world, builder)
}
