import type {World} from '../../shared/core/world.ts'
import {buildArguments} from './arguments.ts'
import {planCache} from './cache.ts'
import type {BuildInputs} from './build-inputs.ts'
import type {Metadata} from './metadata.ts'
import {setImageOutputs} from './results.ts'

/**
 * Shows what a run would do, without an engine, a network or credentials: tags, labels, and the argument list that
 * buildx would be called with (on the machine's own builder, with a cache that is there).
 */
export function showDryRun(world: World, inputs: BuildInputs, image: Metadata): void {
  const {repository, registry} = inputs.target
  const uri = registry === undefined ? repository : `${registry.host}/${repository}`
  const push = inputs.push !== 'never'
  const references = image.tags.map(({name}) => `${uri}:${name}`)
  const cache = planCache(inputs.build, {repositoryUri: uri, exists: true, mayWrite: push}, process.arch)
  const plan = {builder: inputs.build.builder, references, metadata: image, cache, push}
  const secretFiles = new Map(inputs.build.secrets.map(({id}) => [id, `<a private file with ${id}>`]))
  const argv = buildArguments(inputs.build, {...plan, secretFiles, metadataFile: '<a private file>'})
  world.log.line('Dry run: nothing is built, asked or changed.')
  for (const reference of references) world.log.line(`  tag    ${reference}`)
  world.log.quote([...image.labels].map(([name, value]) => `${name}=${value}`))
  setImageOutputs(world, uri, image)
  world.outputs.set('status', 'planned')
  world.outputs.set('repository', repository)
  world.outputs.set('registry', registry?.host)
  world.outputs.set('pushed', false)
  world.outputs.set('reused', false)
  world.outputs.set('arguments', JSON.stringify(argv))
  world.log.quote(['docker', ...argv])
}
