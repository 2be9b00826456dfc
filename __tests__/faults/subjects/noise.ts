import type {Noise} from '../core/model.ts'

const LINES: Readonly<Record<Noise['what'], string>> = {
  flood: 'head -c 104857600 /dev/zero | tr "\\0" "x" | fold -w 200 >&2',
  'broken-utf8': 'printf "\\377\\376 \\303\\050 warning\\n" >&2',
}

/** A line of a shell script that makes the noise at the calls that are meant, on standard error: it is no tool's answer. */
export function noiseLine(noise: Noise | undefined): string {
  if (noise === undefined) return ''
  const patterns = noise.calls.map((call) => (call === '*' ? '*' : `"${call}"*`)).join('|')
  return `case "$*" in ${patterns}) ${LINES[noise.what]} ;; esac\n`
}
