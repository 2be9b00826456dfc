import {unzipSync, zipSync} from 'fflate'
import {InputError} from '../core/errors.ts'
import type {World} from '../core/world.ts'
import {ArtifactService} from './artifact-service.ts'
import type {Wanted} from './run-artifacts.ts'
import {fileName} from './store.ts'
import type {Entry, Store} from './store.ts'

/**
 * Keeps entries as artifacts of the workflow run, one per entry. What this run kept is read without a token; what another
 * run kept needs `github-token` with `actions: read`. The run is always named: nothing is ever looked for by a name alone
 * that another run, or a fork, could use too.
 * @throws {InputError} where there is no artifact service
 */
export function artifactStore(world: World, token: string | undefined): Store {
  const service = ArtifactService.from(world)
  if (service === undefined) {
    throw new InputError(
      'Input "plan-store" is "artifact", and this runner has no artifact service: use s3://bucket/prefix or a folder.',
    )
  }
  const isOwn = ({run}: Entry): boolean => run === world.env['GITHUB_RUN_ID']
  return {
    place: (entry) => `artifact ${artifactName(entry)} of run ${entry.run}`,
    put: async (entry, content) => {
      await service.upload(artifactName(entry), zipSync({[fileName(entry)]: content}, {level: 0}))
    },
    find: async (entry) => {
      const name = artifactName(entry)
      const zip = isOwn(entry) ? await service.download(name) : await fromRun(world, {run: entry.run, name, token})
      return zip && unzipSync(zip)[fileName(entry)]
    },
    drop: async (entry) => {
      if (!isOwn(entry)) throw new Error(`it is an artifact of run ${entry.run}: delete it on the page of that run`)
      await service.remove(artifactName(entry))
    },
  }
}

// GitHub's client is not needed for the usual case, what this run kept.
async function fromRun(world: World, wanted: Wanted): Promise<Uint8Array | undefined> {
  const {downloadFromRun} = await import('./run-artifacts.ts')
  return await downloadFromRun(world, wanted)
}

function artifactName({kind, id}: Entry): string {
  return `slipway-${kind}-${id}`
}
