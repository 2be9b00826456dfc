/** The parts of an ARN: https://docs.aws.amazon.com/IAM/latest/UserGuide/reference-arns.html */
export interface Arn {
  readonly partition: string
  readonly service: string
  readonly region: string
  readonly account: string
  /** Everything behind the account: `task-definition/streaming-api:42`. */
  readonly resource: string
}

/** `text` as an ARN, or undefined when it is none. */
export function parseArn(text: string): Arn | undefined {
  const [arn, partition, service, region, account, ...resource] = text.split(':')
  if (arn !== 'arn' || !partition || !service || resource.length === 0) return undefined
  return {partition, service, region: region ?? '', account: account ?? '', resource: resource.join(':')}
}

/** The last part of an ARN's path, or `text` itself: `streaming-api:42`, `APIService`, `StreamingCluster`. */
export function shortName(text: string | undefined): string {
  return text?.split('/').at(-1) ?? ''
}

/** `:42` of a task definition's ARN or `family:42`. */
export function revisionOf(taskDefinition: string | undefined): string {
  const name = shortName(taskDefinition)
  const at = name.lastIndexOf(':')
  return at < 0 ? name : name.slice(at)
}

/** The id of a task, the last part of its ARN. */
export function taskId(arn: string | undefined): string {
  return shortName(arn)
}

/** The first characters of a task's id: enough for a person to tell the tasks of one deploy apart. */
export function shortTask(arn: string | undefined): string {
  return taskId(arn).slice(0, 4)
}

/** An image reference, taken apart. A port in the host is not a tag. */
export interface ImageReference {
  readonly repository: string
  readonly tag: string | undefined
  /** `sha256:<hex>` */
  readonly digest: string | undefined
}

/** The parts of an image reference: https://github.com/distribution/reference. */
export function parseImage(image: string): ImageReference {
  const [name = '', digest] = image.split('@', 2)
  const colon = name.lastIndexOf(':')
  const tagged = colon > name.lastIndexOf('/')
  return {repository: tagged ? name.slice(0, colon) : name, tag: tagged ? name.slice(colon + 1) : undefined, digest}
}

/** An image as people tell it from others: `…/streaming-api@sha256:51ab0c9f…`, `…/streaming-api:v1.4.0`. */
export function shortImage(image: string | undefined): string {
  if (image === undefined || image === '') return '(none)'
  const {repository, tag, digest} = parseImage(image)
  const slash = repository.indexOf('/')
  const short = slash < 0 ? repository : `…${repository.slice(repository.lastIndexOf('/'))}`
  const version = digest === undefined ? `:${tag ?? 'latest'}` : `@${digest.slice(0, 19)}…`
  return short + version
}

/** The candidate that is written most like `wrong`, when it is near enough to be a slip of the fingers. */
export function nearest(wrong: string, candidates: readonly string[]): string | undefined {
  const ranked = candidates
    .map((name) => ({name, distance: editDistance(wrong.toLowerCase(), name.toLowerCase())}))
    .sort((a, b) => a.distance - b.distance)
  const best = ranked[0]
  return best !== undefined && best.distance <= Math.max(2, Math.floor(wrong.length / 3)) ? best.name : undefined
}

// Levenshtein's distance, one row of the table at a time.
function editDistance(a: string, b: string): number {
  let row = Array.from({length: b.length + 1}, (_, at) => at)
  for (const [i, letter] of Array.from(a).entries()) {
    const next = [i + 1]
    for (const [j, other] of Array.from(b).entries()) {
      const replace = (row[j] ?? 0) + (letter === other ? 0 : 1)
      next.push(Math.min(replace, (row[j + 1] ?? 0) + 1, (next[j] ?? 0) + 1))
    }
    row = next
  }
  return row.at(-1) ?? 0
}
