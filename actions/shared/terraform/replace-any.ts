/**
 * `text` with each of `needles` in it replaced, the longest that fits at a place first: one walk through the text, however
 * many are sought. @param needles of two characters or more
 */
export function replaceAny(text: string, needles: readonly string[], replacement: string): string {
  const byStart = gather(needles)
  const starts = new Uint8Array(65_536)
  for (const start of byStart.keys()) starts[start.charCodeAt(0)] = 1
  const pieces: string[] = []
  let kept = 0
  for (let at = 0; at < text.length - 1; at++) {
    if (starts[text.charCodeAt(at)] === 0) continue
    const found = byStart.get(text.slice(at, at + 2))?.find((needle) => text.startsWith(needle, at))
    if (found === undefined) continue
    pieces.push(text.slice(kept, at), replacement)
    kept = at + found.length
    at = kept - 1
  }
  return kept === 0 ? text : [...pieces, text.slice(kept)].join('')
}

/** The needles by their first two characters, the longest first. */
function gather(needles: readonly string[]): Map<string, string[]> {
  const groups = new Map<string, string[]>()
  for (const needle of new Set([...needles].sort((a, b) => b.length - a.length))) {
    const start = needle.slice(0, 2)
    const group = groups.get(start)
    if (group === undefined) groups.set(start, [needle])
    else group.push(needle)
  }
  return groups
}
