import {humanDuration} from '../../shared/core/clock.ts'
import type {Failure, Status} from '../../shared/core/diagnosis.ts'
import {errorMessage} from '../../shared/core/errors.ts'
import {code, escapeMarkdown, table} from '../../shared/core/markdown.ts'
import type {World} from '../../shared/core/world.ts'
import type {Applied} from '../../shared/kubernetes/change/apply.ts'
import {
  changeLines,
  changesDigest,
  changesHeadline,
  changesMarkdown,
} from '../../shared/kubernetes/change/changes-text.ts'
import type {Change} from '../../shared/kubernetes/change/dry-run.ts'
import {outsideSentence, staleSentence} from '../../shared/kubernetes/change/stale-readers.ts'
import {title} from '../../shared/kubernetes/object.ts'
import {doomed} from '../../shared/kubernetes/prune/members.ts'
import type {Stale} from '../../shared/kubernetes/prune/members.ts'
import {keptSentences, pruneHeadline, pruneLines, pruneMarkdown} from '../../shared/kubernetes/prune/prune-text.ts'
import type {Pruned} from '../../shared/kubernetes/prune/prune.ts'
import {proofOf} from '../../shared/kubernetes/watch/proof.ts'
import {revisionOf} from '../../shared/kubernetes/watch/revision.ts'
import type {Outcome} from '../../shared/kubernetes/watch/rollout.ts'
import type {Standing} from '../../shared/kubernetes/watch/standing.ts'
import {makePreview} from '../../shared/report/preview.ts'
import {endpointsOf} from './endpoints.ts'
import {manifestFacts} from './facts.ts'
import type {Prepared} from './prepared.ts'
import {receiptOf} from './receipt.ts'

/** Shows what differs from the cluster, before anything is changed; sets `changed` and `diff`. */
export function showChanges(world: World, {changes, stale, outside, prune}: Prepared): void {
  const lines = [...changeLines(changes), ...(prune === undefined ? [] : pruneLines(prune))]
  world.outputs.set('diff', lines.join('\n'))
  world.outputs.set('changed', lines.length > 0)
  if (lines.length === 0) world.log.line(`  nothing differs: ${String(changes.length)} in place already`)
  else world.log.quote(lines)
  for (const sentence of prune === undefined ? [] : keptSentences(prune)) world.log.line(`  ${sentence}`)
  for (const one of stale) {
    const advice = '"restart-on-config-change: true" restarts it in the same rollout'
    world.log.warning(`${staleSentence(one)}; ${advice}.`, undefined, one.source.wanted.manifest.place)
  }
  for (const one of outside) {
    const advice = `"mode: restart" with "resources: ${title(one.reader).toLowerCase()}" does`
    world.log.warning(`${outsideSentence(one)}; ${advice}.`, undefined, one.source.wanted.manifest.place)
  }
  const unnoted = changes.filter((one) => one.unnoted === true).map(({after}) => title(after))
  if (unnoted.length > 0) world.log.line(`  run and commit are not noted on ${unnoted.join(', ')}: it was refused`)
}

// What a reviewer or the reader of a summary has to know beside the list of changes.
function notes({stale, outside, prune}: Prepared): string[] {
  return [
    ...outside.map((one) => `⚠ ${escapeMarkdown(outsideSentence(one))}.`),
    ...stale.map((one) => `⚠ ${escapeMarkdown(staleSentence(one))}.`),
    ...(prune === undefined ? [] : keptSentences(prune)).map((sentence) => `${escapeMarkdown(sentence)}.`),
  ]
}

function changesBody({changes, prune}: Prepared): string[] {
  const gone = prune === undefined ? '' : pruneMarkdown(prune)
  const same = changes.every(({action}) => action === 'same')
  return [...(same && gone !== '' ? [] : [changesMarkdown(changes)]), ...(gone === '' ? [] : [gone])]
}

function headlineFor({changes, prune}: Prepared): string {
  const gone = prune && pruneHeadline(prune)
  if (gone === undefined) return changesHeadline(changes)
  return changes.every(({action}) => action === 'same') ? gone : `${changesHeadline(changes)}; ${gone}`
}

/** Ends `mode: plan`. @param images the references that `images` puts into the manifests */
export function reportPlan(world: World, prepared: Prepared, images: readonly string[]): void {
  const {changes, namespace} = prepared
  const headline = headlineFor(prepared)
  const body = [...changesBody(prepared), ...notes(prepared)].join('\n\n')
  const differs = changes.some(({action}) => action !== 'same')
  const gone = prepared.prune === undefined ? [] : doomed(prepared.prune)
  const verdict = gone.length > 0 ? 'destroy' : differs ? 'change' : 'none'
  const digest = changesDigest(
    changes,
    gone.map(({path}) => path),
    images,
  )
  world.outputs.set('pruned', JSON.stringify(gone.map(prunedObject)))
  const told = manifestFacts(changes.map(({wanted}) => wanted.object))
  world.outputs.set(
    'preview',
    makePreview({stage: 'kubernetes', subject: namespace, verdict, headline, body, digest, facts: told}),
  )
  world.summary.add(`### Kubernetes ${code(namespace)}: ${headline}\n\n${body}`)
  finish(world, prepared, 'planned', `would change: ${headline}`, [])
}

/** Ends a rollout that succeeded, or that had nothing to do. */
export async function reportSuccess(
  world: World,
  prepared: Prepared,
  outcome: Outcome,
  pruned: Pruned | undefined,
): Promise<void> {
  const {changes, namespace, started, connection} = prepared
  const gone = pruned?.deleted ?? []
  const status = changes.every(({action}) => action === 'same') && gone.length === 0 ? 'unchanged' : 'succeeded'
  world.outputs.set('pruned', JSON.stringify(gone.map(prunedObject)))
  // Everything is rolled out: an address that cannot be read is no failure of it.
  const endpoints = await endpointsOf(connection.api, changes).catch((error: unknown) => {
    world.log.warning(`The addresses of Services and Ingresses cannot be read: ${errorMessage(error)}.`)
    return []
  })
  world.outputs.set('endpoints', JSON.stringify(endpoints))
  reportEnd(world, prepared, outcome)
  const took = humanDuration(world.clock.now() - started)
  const said = status === 'unchanged' ? 'is as wanted already' : 'is live'
  world.log.line(`✓ ${namespace} ${said} after ${took}`)
  world.summary.add(
    [
      `### ✓ Kubernetes ${code(namespace)} ${said} · ${took}`,
      ...(outcome.standings.length > 0 ? [standingsTable(outcome.standings)] : []),
      ...(status === 'unchanged' ? [] : changesBody(prepared)),
      ...notes(prepared),
    ].join('\n\n'),
  )
  const deleted = gone.length === 0 ? '' : `; ${String(gone.length)} deleted`
  finish(world, prepared, status, `${headlineOf(outcome, changes)}${deleted}`, outcome.standings, gone)
}

const prunedObject = ({live, namespace}: Stale): Record<string, string> => ({
  kind: live.kind,
  name: live.metadata.name ?? '',
  namespace: namespace ?? '',
})

function standingsTable(standings: readonly Standing[]): string {
  const rows = standings.map((one) => {
    const {images, proven} = proofOf(one)
    const proof = proven === true ? ' proven by imageID' : ''
    const shown = images.map((image) => code(shortImage(image))).join(' ')
    return [code(title(one.object)), escapeMarkdown(one.says), revisionOf(one.object, one.pods), `${shown}${proof}`]
  })
  return table({columns: ['object', 'state', 'revision', 'images'], rows})
}

/** `…/streaming-api@sha256:51ab0c4d1e2f`: enough to recognise. */
function shortImage(image: string): string {
  return image.replace(/^.*\//, '…/').replace(/(@sha256:[0-9a-f]{12})[0-9a-f]+$/, '$1')
}

function headlineOf({standings}: Outcome, changes: readonly Change[]): string {
  const [first] = standings.filter(({pods}) => pods.length > 0)
  if (first === undefined) return `${String(changes.length)} ${changes.length === 1 ? 'object' : 'objects'} in place`
  const {running, proven} = proofOf(first)
  const digest = running[0]?.replace(/^sha256:/, '').slice(0, 12) ?? ''
  return `${title(first.object)} ${first.says}${proven === true ? ` on ${digest}, proven by imageID` : ''}`
}

/** Sets the outputs that tell each object's state, however the wait ended. */
export function reportEnd(world: World, {changes}: Prepared, {standings}: Outcome): void {
  const resources = changes.map((change) => {
    const {object} = change.wanted
    const one = standings.find(
      ({tracked, object: seen}) => isSame(seen, object) && tracked.namespace === change.wanted.namespace,
    )
    return {kind: object.kind, name: object.metadata.name ?? '', ...resourceState(change, one)}
  })
  world.outputs.set('resources', JSON.stringify(resources))
  const revisions = standings.map(({object, pods}) => revisionOf(object, pods)).filter((revision) => revision !== '')
  world.outputs.set('revision', revisions[0] ?? '')
}

function isSame(seen: Standing['object'], {kind, metadata}: Standing['object']): boolean {
  const {name, generateName} = metadata
  const named = name === undefined ? seen.metadata.generateName === generateName : seen.metadata.name === name
  return seen.kind === kind && named
}

function resourceState({wanted, action}: Change, one: Standing | undefined): Record<string, unknown> {
  const namespace = wanted.namespace ?? ''
  if (one === undefined) return {namespace, action, state: 'done', says: ''}
  const {images, running, proven} = proofOf(one)
  const proof = images.length === 0 ? {} : {images, running, ...(proven !== undefined && {proven})}
  return {namespace, action, state: one.state, says: one.says, revision: revisionOf(one.object, one.pods), ...proof}
}

/** Leaves the receipt of a run that failed; log, annotation and summary come with the failure itself. */
export function reportFailed(world: World, prepared: Prepared, applied: readonly Applied[], failure: Failure): void {
  const headline = `${failure.diagnosis.subject}: ${failure.diagnosis.cause}`
  const objects = applied.map(({object}) => ({object, pods: []}))
  world.outputs.set('receipt', receiptOf(world, prepared, failure.status, headline, {objects}))
}

function finish(
  world: World,
  prepared: Prepared,
  status: Status,
  headline: string,
  standings: readonly Standing[],
  pruned: readonly Stale[] = [],
): void {
  world.outputs.set('status', status)
  world.outputs.set('failure-reason', '')
  const digests = standings.map(proofOf).flatMap(({asked, running}) => [...asked, ...running])
  world.outputs.set('receipt', receiptOf(world, prepared, status, headline, {objects: standings, digests, pruned}))
}
