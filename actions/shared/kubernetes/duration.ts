const UNITS: Readonly<Record<string, number>> = {h: 3_600_000, m: 60_000, s: 1_000}

/**
 * A span of time as kubectl takes it, in milliseconds: `90s`, `10m`, `1h30m`; a bare number is seconds. Undefined for
 * anything else.
 */
export function parseDuration(text: string): number | undefined {
  if (/^\d+$/.test(text)) return Number(text) * 1000
  const parts = [...text.matchAll(/(\d+)([hms])/g)]
  if (parts.length === 0 || parts.map(([part]) => part).join('') !== text) return undefined
  return parts.reduce((sum, [, amount, unit]) => sum + Number(amount) * (UNITS[unit ?? ''] ?? 0), 0)
}
