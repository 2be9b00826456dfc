/** One step of a build, as BuildKit counts them. */
export interface BuildStep {
  readonly id: number
  /** `[build 3/5] RUN npm ci`. */
  readonly name: string
  /** Undefined while it runs, and for steps that never ended. */
  readonly seconds: number | undefined
  readonly cached: boolean
}

/** Follows a build in BuildKit's plain progress, line by line. */
export interface Progress {
  feed(line: string): void
  /** The steps so far, in the order in which they began. */
  steps(): BuildStep[]
}

interface Running {
  name: string
  seconds?: number
  cached: boolean
}

/** A follower that has seen nothing yet. */
export function followProgress(): Progress {
  const steps = new Map<number, Running>()
  return {
    feed: (line) => {
      const [, number, text = ''] = /^#(\d+) (.*)$/.exec(line) ?? []
      if (number === undefined || number === '0') return
      const id = Number(number)
      const step = steps.get(id)
      if (step === undefined) {
        steps.set(id, {name: text, cached: false})
        return
      }
      const seconds = /^DONE (\d+(?:\.\d+)?)s$/.exec(text)?.[1]
      if (seconds !== undefined) step.seconds = Number(seconds)
      if (text === 'CACHED') step.cached = true
    },
    steps: () => [...steps].map(([id, {name, seconds, cached}]) => ({id, name, seconds, cached})),
  }
}

/** How many of the Dockerfile's own steps came from the cache. Steps that BuildKit adds (`[internal]`, exporting) do not count. */
export function cacheHits(steps: readonly BuildStep[]): {readonly cached: number; readonly all: number} {
  const own = steps.filter(({name}) => /^\[(?!internal\])[^\]]*\d+\/\d+\]/.test(name))
  // The first step of a stage is its base image, which is looked up and not built.
  const built = own.filter(({name}) => !/ FROM /.test(name))
  return {cached: built.filter(({cached}) => cached).length, all: built.length}
}

/** The end of a failed build, taken apart. */
export interface BuildError {
  /** BuildKit's last sentence, without its prefixes. */
  readonly message: string
  /** The step that failed: `[build 3/5] RUN npm ci`. */
  readonly step: string | undefined
  /** What that step printed last. */
  readonly output: readonly string[]
  /** The lines of the Dockerfile around the failed one. */
  readonly excerpt: readonly string[]
  readonly place: {readonly file: string; readonly line: number} | undefined
}

const RULE = /^-{6}$/
const EXCERPT_RULE = /^-{20}$/

/** Takes the end of BuildKit's standard error apart. Undefined parts were not there. */
export function readBuildError(stderr: string): BuildError {
  const lines = stderr.split(/\r?\n/)
  const message =
    lines.findLast((line) => line.startsWith('ERROR: ')) ?? lines.findLast((line) => line.trim() !== '') ?? ''
  const from = lines.findIndex((line, at) => RULE.test(line) && (lines[at + 1] ?? '').startsWith(' > '))
  const to = lines.findIndex((line, at) => at > from && RULE.test(line))
  const block = from < 0 ? [] : lines.slice(from + 1, to < 0 ? undefined : to)
  return {
    message: message.replace(/^ERROR: (?:failed to build: )?(?:failed to solve: )?/, ''),
    step: /^ > (.*?):?$/.exec(block[0] ?? '')?.[1],
    output: block
      .slice(1)
      .map((line) => line.replace(/^\d+\.\d+ /, ''))
      .filter((line) => line.trim() !== ''),
    ...readExcerpt(lines),
  }
}

function readExcerpt(lines: readonly string[]): Pick<BuildError, 'excerpt' | 'place'> {
  const from = lines.findIndex((line) => EXCERPT_RULE.test(line))
  const to = lines.findIndex((line, at) => at > from && EXCERPT_RULE.test(line))
  const [, file, line] = /^(\S.*):(\d+)$/.exec(lines[from - 1] ?? '') ?? []
  if (from < 1 || to < 0 || file === undefined) return {excerpt: [], place: undefined}
  const excerpt = lines.slice(from + 1, to)
  const blamed = excerpt.find((text) => text.includes('>>>'))
  return {excerpt, place: {file, line: Number(/^\s*(\d+) \|/.exec(blamed ?? '')?.[1] ?? line)}}
}
