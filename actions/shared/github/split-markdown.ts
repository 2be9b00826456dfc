/** What is open at a line of Markdown, and would be torn by a cut there. */
interface Open {
  /** The opening line of a code fence, for example "```diff". */
  readonly fence: string | undefined
  /** The `<summary>` lines of the folds around the line, outermost first. */
  readonly folds: readonly string[]
}

const NOTHING_OPEN: Open = {fence: undefined, folds: []}

/**
 * Cuts Markdown into parts of at most `limit` characters, at line ends. A cut inside a code block or a fold closes it
 * in the one part and opens it again in the next, so that every part renders by itself; a single line above the limit
 * is cut hard. Nothing is lost: the parts' lines, in order, are all of the lines.
 * @returns at least one part
 */
export function splitMarkdown(text: string, limit: number): string[] {
  const parts: string[] = []
  let lines: string[] = []
  let size = 0
  let open = NOTHING_OPEN
  for (const line of text.split('\n').flatMap((long) => hardCut(long, Math.floor(limit / 2)))) {
    const after = openAfter(open, line)
    const closing = closers(after).join('\n').length + 1
    if (size + line.length + 1 + closing > limit && lines.length > 0) {
      parts.push([...lines, ...closers(open)].join('\n'))
      lines = openers(open)
      size = lines.join('\n').length + 1
    }
    lines.push(line)
    size += line.length + 1
    open = after
  }
  return [...parts, lines.join('\n')]
}

function hardCut(line: string, limit: number): string[] {
  if (line.length <= limit) return [line]
  return Array.from({length: Math.ceil(line.length / limit)}, (_, at) => line.slice(at * limit, (at + 1) * limit))
}

function openAfter(open: Open, line: string): Open {
  if (open.fence !== undefined) return endsFence(line, open.fence) ? {...open, fence: undefined} : open
  if (/^\s*`{3,}/.test(line)) return {...open, fence: line}
  const change = line.split('<details').length - line.split('</details>').length
  if (change >= 0) return {...open, folds: [...open.folds, ...Array<string>(change).fill(line)]}
  return {...open, folds: open.folds.slice(0, Math.max(0, open.folds.length + change))}
}

// https://github.github.com/gfm/#fenced-code-blocks: at least as many backticks as the opening, and nothing else.
function endsFence(line: string, opening: string): boolean {
  return new RegExp(`^\\s*\`{${String(ticksOf(opening).length)},}\\s*$`).test(line)
}

function ticksOf(fence: string): string {
  return /`{3,}/.exec(fence)?.[0] ?? '```'
}

function closers(open: Open): string[] {
  const fence = open.fence === undefined ? [] : [ticksOf(open.fence)]
  return [...fence, ...open.folds.flatMap(() => ['', '</details>'])]
}

function openers(open: Open): string[] {
  return [...open.folds.flatMap((line) => [line, '']), ...(open.fence === undefined ? [] : [open.fence])]
}
