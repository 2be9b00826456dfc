import type {World} from '../../shared/core/world.ts'
import {digestReference} from '../../shared/ecr/image-name.ts'
import {makeReceipt} from '../../shared/report/receipt.ts'
import type {BuildInputs} from './build-inputs.ts'
import type {Metadata} from './metadata.ts'
import type {Published} from './publish.ts'
import {summarySection} from './report.ts'
import type {Source} from './source.ts'

/** Everything that is known when the step is done. */
export interface Results {
  readonly inputs: BuildInputs
  readonly source: Source
  readonly image: Metadata
  readonly published: Published
  /** Milliseconds since the epoch. */
  readonly started: number
}

/** Sets the outputs, writes the receipt and the section of the job summary. */
export function report(world: World, results: Results): void {
  const {image, published, started} = results
  const {repository} = results.inputs.target
  const ended = world.clock.now()
  const uri = published.host === undefined ? repository : `${published.host}/${repository}`
  const pushed = published.outcome !== 'built'
  setImageOutputs(world, uri, image)
  const {digest} = published
  const reference =
    pushed && published.host !== undefined && digest !== undefined
      ? digestReference(published.host, repository, digest)
      : undefined
  world.outputs.set('status', published.outcome === 'reused' ? 'unchanged' : 'succeeded')
  world.outputs.set('image', reference)
  world.outputs.set('digest', digest)
  world.outputs.set('registry', published.host)
  world.outputs.set('repository', repository)
  world.outputs.set('metadata', published.metadata)
  world.outputs.set('pushed', published.outcome === 'pushed')
  world.outputs.set('reused', published.outcome === 'reused')
  world.outputs.set('receipt', receiptOf(world, results, ended))
  const tags = image.tags.map(({name}) => name)
  world.summary.add(summarySection({...published, repository, tags, tookMs: ended - started}))
}

/** The outputs that follow from the inputs alone. @param uri `registry/repository` */
export function setImageOutputs(world: World, uri: string, image: Metadata): void {
  const tags = image.tags.map(({name}) => name)
  world.outputs.set('tags', tags.map((tag) => `${uri}:${tag}`).join('\n'))
  world.outputs.set('tag', tags[0])
  world.outputs.set('version', image.version)
  world.outputs.set('repository-uri', uri)
  world.outputs.set('labels', [...image.labels].map(([name, value]) => `${name}=${value}`).join('\n'))
}

// The registry's host is left out: it holds the account id, which many workflows mask, and a receipt with a masked
// value would not reach the next job. The repository and the digest find the image again.
function receiptOf(world: World, {inputs, source, image, published, started}: Results, ended: number): string {
  const tags = image.tags.map(({name}) => name)
  const verb = {pushed: 'pushed', reused: 'reused', built: 'built'}[published.outcome]
  return makeReceipt(world.env, {
    stage: 'build',
    subject: inputs.target.repository,
    status: published.outcome === 'reused' ? 'unchanged' : 'succeeded',
    headline: `${verb} ${inputs.target.repository}:${image.version}`,
    started,
    ended,
    now: {
      repository: inputs.target.repository,
      digest: published.digest ?? null,
      tags,
      version: image.version,
      revision: source.commit,
      bytes: published.sizes.reduce((sum, {bytes}) => sum + bytes, 0) || null,
    },
    before: {digest: published.before ?? null},
  })
}
