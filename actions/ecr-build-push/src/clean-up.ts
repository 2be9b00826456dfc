import {takeAway} from '../../shared/core/files.ts'
import type {World} from '../../shared/core/world.ts'
import {removeDockerHome} from '../../shared/ecr/docker-login.ts'
import {removeBuilder} from './builder.ts'
import {removeContainer} from './smoke.ts'

/** Removes what the step may have left: its login, its secrets, its builder, its container. What is gone already is no matter. */
export async function cleanUp(world: World): Promise<void> {
  const [home, folder, builder] = [
    world.env['STATE_docker-home'],
    world.env['STATE_build-folder'],
    world.env['STATE_builder'],
  ]
  if (home !== undefined) await removeDockerHome(world, home)
  if (folder !== undefined) await takeAway(world.log, 'The folder of the build', folder)
  const container = world.env['STATE_smoke-container']
  if (container !== undefined) await removeContainer(world, container)
  if (builder !== undefined) await removeBuilder(world, builder)
}
