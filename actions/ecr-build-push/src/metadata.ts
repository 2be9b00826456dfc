import {InputError} from '../../shared/core/errors.ts'
import {checkTag, parseRepository} from '../../shared/ecr/image-name.ts'
import type {RepositoryName} from '../../shared/ecr/image-name.ts'
import type {BuildInputs} from './build-inputs.ts'
import {fields} from './lists.ts'
import type {Source} from './source.ts'
import {applyRules} from './tags/apply.ts'
import type {TagSet} from './tags/apply.ts'
import {parseFlavor} from './tags/flavor.ts'
import {parseRule} from './tags/rules.ts'
import type {Rule} from './tags/rules.ts'
import {makeExpand} from './tags/templates.ts'
import type {Expand} from './tags/templates.ts'

/** What the image is called and what it says about itself. */
export interface Metadata extends TagSet {
  readonly labels: ReadonlyMap<string, string>
  /** As buildx takes them: `key=value`, with a level in front (`index:key=value`) where the user gave one. */
  readonly annotations: readonly string[]
}

/**
 * Without `tags`, an image is called by its commit: the one name that is right in an immutable repository, and by
 * which a re-run finds its image again. A release is called by its Git tag as well.
 */
const DEFAULT_RULES: readonly string[] = ['type=sha,format=long,prefix=', 'type=ref,event=tag']
const IS_RULE = /(?:^|,)\s*(?:type|value|enable|priority|prefix|suffix)\s*=/i
const RAW_PRIORITY = 200

/** The label that says which commit an image was built from (https://github.com/opencontainers/image-spec/blob/main/annotations.md). */
export const REVISION_LABEL = 'org.opencontainers.image.revision'

/** The label with the date of that commit; see {@link describeImage}. */
export const CREATED_LABEL = 'org.opencontainers.image.created'

/**
 * Works out tags, labels and annotations.
 * @param now what `{{date}}` shows
 * @throws {InputError} when the rules give no tag at all, saying why each gave none
 */
export function describeImage(inputs: BuildInputs, source: Source, now: Date): Metadata {
  const expand = makeExpand(source, now)
  const lines = inputs.tags.length > 0 ? inputs.tags : DEFAULT_RULES
  const rules = lines.flatMap((line) => rulesOf(line, inputs.target))
  const set = applyRules(rules, {source, flavor: parseFlavor(inputs.flavor), expand})
  if (set.tags.length === 0) {
    const why = set.skipped.length > 0 ? ` (${set.skipped.join('; ')})` : ''
    throw new InputError(`Input "tags" gives no tag for this run${why}: add a rule that fits, for example type=sha.`)
  }
  const labels = imageLabels(source, set.version, inputs.labels, expand)
  return {...set, labels, annotations: inputs.annotations.map((line) => expand(pair('annotations', line).line))}
}

function rulesOf(line: string, target: RepositoryName): Rule[] {
  return IS_RULE.test(line) ? [parseRule(line)] : fields(line).map((item) => literalRule(item, target))
}

// docker/build-push-action takes whole references here, so a list can be moved over as it is.
function literalRule(item: string, target: RepositoryName): Rule {
  const colon = item.lastIndexOf(':')
  const isReference = colon > 0 && !item.slice(colon).includes('/') && !item.includes('{{')
  if (isReference) checkReference(item, item.slice(0, colon), target)
  const value = isReference ? item.slice(colon + 1) : item
  if (!value.includes('{{')) checkTag(value)
  return {
    type: 'raw',
    line: item,
    // As with flavor's `latest`, it comes last: it is no name to know an image by.
    priority: value === 'latest' ? 0 : RAW_PRIORITY,
    enable: 'true',
    prefix: '',
    suffix: '',
    own: new Map([['value', value]]),
  }
}

function checkReference(item: string, name: string, target: RepositoryName): void {
  const given = parseRepository(name, undefined, undefined)
  const sameHost =
    given.registry === undefined || target.registry === undefined || given.registry.host === target.registry.host
  if (given.repository === target.repository && sameHost) return
  throw new InputError(
    `Input "tags" has "${item}", which is not in the repository "${target.repository}": push to one repository per step.`,
  )
}

function imageLabels(source: Source, version: string, given: readonly string[], expand: Expand): Map<string, string> {
  const {repository, commitDate} = source
  const own: readonly (readonly [string, string | undefined])[] = [
    ['title', repository.name],
    ['description', repository.description],
    ['url', repository.url],
    ['source', repository.url],
    ['version', version],
    // The commit's date and not the clock's: the same commit gives the same labels, and so the same digest.
    ['created', commitDate?.toISOString()],
    ['revision', source.commit],
    ['licenses', repository.licence],
  ]
  const labels = new Map(own.map(([name, value]) => [`org.opencontainers.image.${name}`, value ?? '']))
  for (const line of given) {
    const {key, value} = pair('labels', line)
    labels.set(key, expand(value))
  }
  return new Map([...labels].filter(([, value]) => value !== ''))
}

function pair(input: string, line: string): {key: string; value: string; line: string} {
  const at = line.indexOf('=')
  if (at <= 0) throw new InputError(`Input "${input}" has "${line}", which is not name=value: add the missing part.`)
  return {key: line.slice(0, at).trim(), value: line.slice(at + 1), line}
}
