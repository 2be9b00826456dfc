import {randomUUID} from 'node:crypto'
import * as core from './commands.ts'

/** A place in the user's repository that an annotation points at. Lines count from 1. */
export interface Place {
  readonly file: string
  readonly line?: number
  readonly endLine?: number
}

/** The step's log and its annotations. */
export interface Log {
  /** One or more lines of our own words. */
  line(text: string): void
  /** Shown only when the user turns step debugging on. Never give it inputs as a whole. */
  debug(text: string): void
  /** A notice annotation. */
  notice(text: string, title?: string, place?: Place): void
  /** A warning annotation: something is off, and the run goes on. */
  warning(text: string, title?: string, place?: Place): void
  /** An error annotation. A failed run has exactly one of them for its cause. */
  error(text: string, title?: string, place?: Place): void
  /** Folds what `body` logs under `title`; gives what `body` gives. Groups do not nest. */
  group<T>(title: string, body: () => Promise<T>): Promise<T>
  /**
   * Runs `body` while the runner ignores workflow commands, for output that somebody else controls: a container's
   * log must not be able to set our outputs. Annotations and masks have no effect inside.
   */
  fenced<T>(body: () => Promise<T>): Promise<T>
  /** Lines somebody else wrote, each behind a bar, fenced. */
  quote(lines: readonly string[]): void
}

/**
 * The log of the runner this process belongs to.
 * @param write where the text goes; standard output, which is where the runner reads workflow commands
 */
export function makeLog(write: (text: string) => void = (text) => process.stdout.write(text)): Log {
  const line = (text: string): void => {
    write(`${text}\n`)
  }
  return {
    line,
    debug: core.debug,
    notice: (text, title, place) => {
      core.notice(text, annotation(title, place))
    },
    warning: (text, title, place) => {
      core.warning(text, annotation(title, place))
    },
    error: (text, title, place) => {
      core.error(text, annotation(title, place))
    },
    group: (title, body) => core.group(title, body),
    fenced: async (body) => {
      const open = openFence(line)
      try {
        return await body()
      } finally {
        open.close()
      }
    },
    quote: (lines) => {
      const open = openFence(line)
      for (const text of lines) line(`    │ ${text}`)
      open.close()
    },
  }
}

// https://docs.github.com/actions/reference/workflow-commands-for-github-actions#stopping-and-starting-workflow-commands
function openFence(line: (text: string) => void): {close(): void} {
  const token = randomUUID()
  line(`::stop-commands::${token}`)
  return {
    close: () => {
      line(`::${token}::`)
    },
  }
}

function annotation(title?: string, place?: Place): core.AnnotationProperties {
  return {
    ...(title === undefined ? {} : {title}),
    ...(place === undefined ? {} : {file: place.file}),
    ...(place?.line === undefined ? {} : {startLine: place.line}),
    ...(place?.endLine === undefined ? {} : {endLine: place.endLine}),
  }
}
