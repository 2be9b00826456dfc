import {unzipSync, zipSync} from 'fflate'
import {InputError} from '../core/errors.ts'
import type {World} from '../core/world.ts'
import {ArtifactService} from './artifact-service.ts'
import {runOf} from './plan-id.ts'
import type {Wanted} from './run-artifacts.ts'
import {noSuchPlan, planFileName} from './store.ts'
import type {PlanStore} from './store.ts'

/**
 * Keeps plans as artifacts of the workflow run, one per plan, under the plan's own id. A plan of this run is read
 * without a token; a plan of another run needs `github-token` with `actions: read`. The run is named by the id: a plan is
 * never looked for by a name that another run, or a fork, could use too.
 * @throws {InputError} where there is no artifact service
 */
export function artifactStore(world: World, token: string | undefined): PlanStore {
  const service = ArtifactService.from(world)
  if (service === undefined) {
    throw new InputError(
      'Input "plan-store" is "artifact", and this runner has no artifact service: use s3://bucket/prefix or a folder.',
    )
  }
  return {
    name: `the artifacts of run ${world.env['GITHUB_RUN_ID'] ?? ''}`,
    put: async (id, content) => {
      await service.upload(artifactName(id), zipSync({[planFileName(id)]: content}, {level: 0}))
    },
    get: async (id) => {
      const run = runOf(id)
      const own = run === world.env['GITHUB_RUN_ID']
      const name = artifactName(id)
      const zip = own ? await service.download(name) : await fromRun(world, {run, name, token})
      const content = zip && unzipSync(zip)[planFileName(id)]
      if (content === undefined) throw noSuchPlan(id, `the artifacts of run ${run}`)
      return content
    },
  }
}

// GitHub's client is not needed for the usual case, a plan of this run.
async function fromRun(world: World, wanted: Wanted): Promise<Uint8Array | undefined> {
  const {downloadFromRun} = await import('./run-artifacts.ts')
  return await downloadFromRun(world, wanted)
}

function artifactName(id: string): string {
  return `slipway-plan-${id}`
}
