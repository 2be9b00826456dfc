import {createHash} from 'node:crypto'
import {writePrivateFile, privateFolder} from '../../shared/core/files.ts'
import {code, codeBlock, details} from '../../shared/core/markdown.ts'
import type {World} from '../../shared/core/world.ts'
import type {Aws} from '../../shared/ecs/aws.ts'
import type {Definition} from '../../shared/ecs/definition.ts'
import {differenceLine, differences, differenceSummary} from '../../shared/ecs/diff.ts'
import type {Difference} from '../../shared/ecs/diff.ts'
import {shortImage, shortName} from '../../shared/ecs/names.ts'
import {normalise, sameDefinition} from '../../shared/ecs/normalise.ts'
import {newestIfSame} from '../../shared/ecs/register.ts'
import type {Loaded} from '../../shared/ecs/load.ts'
import {taskFacts} from './facts.ts'
import {makePreview} from '../../shared/report/preview.ts'
import {creationLine} from './create-service.ts'
import type {UpdateSettings, UpdateWish} from './inputs.ts'
import type {Target} from './target.ts'

/** What a deploy would do. */
export interface Change {
  readonly wanted: Definition
  /** ARN of a revision that is the wanted one already; undefined when it must be registered. */
  readonly revision: string | undefined
  readonly perTarget: readonly TargetChange[]
}

/** What a deploy would do to one service. */
export interface TargetChange {
  readonly target: Target
  readonly differences: readonly Difference[]
  /** Changes of the service itself: `desired count 0 → 2`. */
  readonly service: readonly string[]
  /** What UpdateService is told about this service besides the task definition. */
  readonly update: UpdateSettings
  /** Whether UpdateService has anything to say. */
  readonly needed: boolean
}

/** Compares the wanted task definition with what each service runs, and with what is registered. */
export async function compare(aws: Aws, targets: readonly Target[], wanted: Loaded, wish: UpdateWish): Promise<Change> {
  const items = targets.map((target) => {
    const found = target.running === undefined ? [] : differences(target.running.definition, wanted.definition)
    const update = settle(target, wish)
    return {target, differences: found, service: serviceChanges(target, update), update}
  })
  const revision = await existingRevision(aws, items, wanted)
  const perTarget = items.map((item) => ({
    ...item,
    needed: item.service.length > 0 || revision !== item.target.running?.arn,
  }))
  return {wanted: wanted.definition, revision, perTarget}
}

// What runs is looked at first, then the base itself, then the family's newest revision: that one may be left over
// from a deploy that failed for another reason, and need not be registered again.
async function existingRevision(
  aws: Aws,
  items: readonly Omit<TargetChange, 'needed'>[],
  wanted: Loaded,
): Promise<string | undefined> {
  const all = items.flatMap(({target}) => target.running ?? [])
  const same = all.filter((one) => sameDefinition(one.definition, wanted.definition))
  const running = same.find(({isActive}) => isActive)
  if (running !== undefined) return running.arn
  // A deregistered revision runs on where it runs, and nothing new can be started from it.
  const [old] = same
  if (
    old !== undefined &&
    items.every(({target, service}) => target.running?.arn === old.arn && service.length === 0)
  ) {
    return old.arn
  }
  return wanted.arn ?? (await newestIfSame(aws, wanted.definition.family ?? '', wanted.definition))
}

// A service that runs nothing is given its first tasks; one that runs some keeps what scaling made of it.
function settle({service}: Target, {initialDesiredCount, ...update}: UpdateWish): UpdateSettings {
  const first = service.desiredCount === 0 ? initialDesiredCount : undefined
  return {...update, desiredCount: update.desiredCount ?? first}
}

function serviceChanges({service, creation}: Target, update: UpdateSettings): string[] {
  if (creation !== undefined) return [creationLine(creation)]
  const {desiredCount, enableECSManagedTags, enableExecuteCommand, propagateTags, forceNewDeployment} = update
  const facts: readonly (readonly [string, unknown, unknown])[] = [
    ['desired count', service.desiredCount, desiredCount],
    ['ECS managed tags', service.enableECSManagedTags ?? false, enableECSManagedTags],
    ['ECS Exec', service.enableExecuteCommand ?? false, enableExecuteCommand],
    ['propagated tags', service.propagateTags ?? 'NONE', propagateTags],
  ]
  const changed = facts.filter(([, before, after]) => after !== undefined && before !== after)
  return [
    ...changed.map(([name, before, after]) => `${name} ${String(before)} → ${String(after)}`),
    ...(forceNewDeployment ? ['new deployment forced'] : []),
  ]
}

/** Whether nothing would change anywhere. */
export function isUnchanged(change: Change): boolean {
  return change.perTarget.length > 0 && change.perTarget.every(({needed}) => !needed)
}

/** Shows the change in the log and hands it to later steps: outputs `diff`, `preview` and the rendered file. */
export async function showChange(world: World, cluster: string, change: Change): Promise<void> {
  for (const item of change.perTarget) {
    world.log.line(headline(cluster, item, change))
    for (const line of changeLines(item)) world.log.line(`    ${line}`)
  }
  world.outputs.set('diff', change.perTarget.flatMap(changeLines).join('\n'))
  world.outputs.set('preview', previewOf(cluster, change))
  const folder = await privateFolder(world.env, 'ecs-deploy')
  const file = `${folder}/task-definition.json`
  await writePrivateFile(file, `${JSON.stringify(change.wanted, undefined, 2)}\n`)
  world.outputs.set('task-definition', file)
}

function headline(cluster: string, {target, differences: found}: TargetChange, {revision, wanted}: Change): string {
  const next = revision === undefined ? `${wanted.family ?? ''} (new revision)` : shortName(revision)
  const image = found.find(({field}) => field === 'image')
  const moved = image === undefined ? '' : `, image ${image.before ?? ''} → ${image.after ?? ''}`
  const now = target.running === undefined ? 'does not exist yet' : `runs ${shortName(target.running.arn)}${moved}`
  return `▸ ${next} for ${shortName(cluster)}/${target.name}  (${now})`
}

/** What would change for one service, a line each. */
export function changeLines({differences: found, service, needed}: TargetChange): string[] {
  const lines = [...found.map(differenceLine), ...service]
  if (lines.length > 0) return lines
  return [needed ? 'the same settings in another revision' : 'nothing would change']
}

/** The change as the preview section that all plan modes share. */
export function previewOf(cluster: string, change: Change): string {
  const names = change.perTarget.map(({target}) => target.name).join(', ') || (change.wanted.family ?? '')
  const changed = change.perTarget.filter(({needed}) => needed)
  const summary = changed.map(({differences: found, service}) =>
    [differenceSummary(found), service.join(', ')].filter((text) => text !== '').join(', '),
  )
  const text = change.perTarget.map((item) => `${item.target.name}\n${changeLines(item).join('\n')}`).join('\n\n')
  return makePreview({
    stage: 'ecs',
    subject: names,
    verdict: changed.length === 0 ? 'none' : 'change',
    headline: changed.length === 0 ? 'nothing would change' : code(summary.join('; ') || 'another revision'),
    body: codeBlock(text),
    digest: `sha256:${createHash('sha256').update(approvable(change)).digest('hex')}`,
    facts: taskFacts(
      change.wanted,
      cluster,
      change.perTarget.map(({target}) => target.name),
    ),
  })
}

// An approval is of settings, values included: a rebuilt image of the same commit must not void it, so images are
// left out.
function approvable({wanted, perTarget}: Change): string {
  const {containerDefinitions = [], ...task} = normalise(wanted)
  const containers = containerDefinitions.map((container) => ({...container, image: undefined}))
  return JSON.stringify([task, containers, perTarget.map(({target, service}) => [target.name, service])])
}

/** The change as a fold for the job summary. */
export function changeFold(item: TargetChange, next: string): string {
  const {running} = item.target
  const title =
    running === undefined ? `${item.target.name} is new` : `What changed from ${shortName(running.arn)} to ${next}`
  return details(title, codeBlock(changeLines(item).join('\n')))
}

/** The images of a task definition in short, container by container. */
export function imagesOf(definition: Definition): string {
  return (definition.containerDefinitions ?? []).map(({name = '', image}) => `${name} ${shortImage(image)}`).join(', ')
}
