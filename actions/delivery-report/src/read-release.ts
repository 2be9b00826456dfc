import type {World} from '../../shared/core/world.ts'
import {code} from '../../shared/core/markdown.ts'
import {makeGitHub, ownRepository} from '../../shared/github/client.ts'
import {ASSET, readRelease, readReleases} from '../../shared/github/release.ts'
import type {ReleaseAssets} from '../../shared/github/release.ts'
import type {Stage} from '../../shared/report/receipt.ts'
import {digestsOf, GREEN} from './delivery.ts'
import type {Delivery} from './delivery-schema.ts'
import type {ReadInputs} from './inputs.ts'
import {refusal, trusted} from './trust.ts'
import type {Trust} from './trust.ts'

/** A release that was delivered, and the receipt of it. */
interface Released {
  readonly tag: string
  readonly delivery: Delivery
}

/** The word that stands for the release before the one that was delivered last. */
export const PREVIOUS = 'previous'

/**
 * Reads the receipt of a release for those who go back to it, and hands on what it says once it is believed.
 * @throws {Failure} `not-found` without such a release or receipt, `rejected` for one that must not be used
 */
export async function readReceipt(world: World, inputs: ReadInputs): Promise<void> {
  const {tag, delivery} = inputs.release === PREVIOUS ? await previous(world, inputs) : await named(world, inputs)
  const told = facts(tag, delivery, inputs.stages)
  for (const [name, value] of Object.entries(told)) world.outputs.set(name, value)
  world.outputs.set('receipt', JSON.stringify(delivery))
  world.outputs.set('status', 'succeeded')
  const proof =
    inputs.keys.length > 0
      ? `signed by ${delivery.signature?.key.slice(0, 19) ?? ''}…`
      : 'its chain holds; no key is set that it could be signed by'
  world.log.line(`✓ ${tag}: the receipt of ${delivery.commit.slice(0, 7)} is of this repository, ${proof}`)
  const what = [told['task-definition'], `${told.repository}@${told.digest}`].filter((text) => text !== '')
  world.summary.add(`Back to ${code(tag)}: ${what.map(code).join(', ')}`)
}

async function named(world: World, {release, token, keys}: ReadInputs): Promise<Released> {
  const repository = ownRepository(world.env)
  const github = makeGitHub(world.env, token, world.log)
  const found = await readRelease(github, repository, release)
  if (found === undefined) {
    throw refusal(
      `there is no release ${release} that this run may read`,
      'not-found',
      'name the tag of a release, as the list of releases shows it',
    )
  }
  const delivery = await receiptOf(found, {repository: `${repository.owner}/${repository.repo}`, keys})
  if (delivery === undefined) {
    throw refusal(
      `release ${release} has no ${ASSET}: it was not delivered by release.yml`,
      'not-found',
      'name a release that was',
    )
  }
  if (!GREEN.includes(delivery.status)) {
    throw refusal(`release ${release} never ran: its delivery ended ${delivery.status}`)
  }
  return {tag: release, delivery}
}

// A release whose delivery failed was taken back by the deployers: what ran last is the newest one that was green.
async function previous(world: World, {token, keys}: ReadInputs): Promise<Released> {
  const {owner, repo} = ownRepository(world.env)
  const green: Released[] = []
  for (const release of await readReleases(makeGitHub(world.env, token, world.log), {owner, repo})) {
    const delivery = await receiptOf(release, {repository: `${owner}/${repo}`, keys})
    const good = delivery !== undefined && GREEN.includes(delivery.status)
    const why = delivery === undefined ? 'it has no receipt' : `its delivery ended ${delivery.status}`
    world.log.line(good ? `  ${release.tag} was delivered` : `  ${release.tag} is passed over: ${why}`)
    if (good) green.push({tag: release.tag, delivery})
    const [, before] = green
    if (before !== undefined) return before
  }
  const known = green.length === 1 ? `only ${green[0]?.tag ?? ''} was delivered` : 'none was delivered'
  throw refusal(
    `there is no release before the last one to go back to: of those that this run may read, ${known}`,
    'not-found',
    'name a release by its tag, or deploy the task definition that you know to be good',
  )
}

async function receiptOf(release: ReleaseAssets, trust: Trust): Promise<Delivery | undefined> {
  const content = await release.read(ASSET)
  if (content === undefined) return undefined
  let parsed: unknown
  try {
    parsed = JSON.parse(content)
  } catch {
    throw refusal(`the receipt of ${release.tag} is not JSON`)
  }
  return trusted(parsed, release.tag, trust)
}

type Facts = Readonly<Record<'release' | 'commit' | 'repository' | 'digest' | 'task-definition', string>>

// What goes into commands and references of later jobs has the form that it must have there.
function facts(tag: string, delivery: Delivery, stages: readonly Stage[]): Facts {
  const missing = stages.find((stage) => !delivery.stages.some((each) => each.stage === stage))
  if (missing !== undefined)
    throw refusal(`the receipt of ${tag} has no stage "${missing}": it cannot be put back by it`)
  const of = (stage: Stage, name: string): string => {
    const value = delivery.stages.find((each) => each.stage === stage)?.now[name]
    return typeof value === 'string' ? value : ''
  }
  const found = {
    release: tag,
    commit: delivery.commit,
    repository: of('build', 'repository'),
    digest: digestsOf(delivery.stages.find(({stage}) => stage === 'build'))[0] ?? '',
    'task-definition': of('ecs', 'taskDefinition'),
  }
  const forms: readonly (readonly [string, string, RegExp])[] = [
    ['commit', found.commit, /^[0-9a-f]{40}$/],
    ['image digest', found.digest, /^sha256:[0-9a-f]{64}$/],
    ['image repository', found.repository, /^[a-z0-9][a-z0-9._/-]*$/],
    ['task definition', found['task-definition'], stages.includes('ecs') ? /^[\w-]+:\d+$/ : /^(?:[\w-]+:\d+)?$/],
  ]
  const wrong = forms.find(([, value, form]) => !form.test(value))
  if (wrong !== undefined) throw refusal(`the receipt of ${tag} names no ${wrong[0]}`)
  return found
}
