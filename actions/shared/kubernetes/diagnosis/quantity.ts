const SUFFIXES: Readonly<Record<string, number>> = {
  n: 1e-9,
  u: 1e-6,
  m: 1e-3,
  '': 1,
  k: 1e3,
  M: 1e6,
  G: 1e9,
  T: 1e12,
  P: 1e15,
  E: 1e18,
  Ki: 2 ** 10,
  Mi: 2 ** 20,
  Gi: 2 ** 30,
  Ti: 2 ** 40,
  Pi: 2 ** 50,
  Ei: 2 ** 60,
}

/**
 * A quantity as a number: `250m` of cpu is 0.25, `64Mi` is 67108864
 * (https://kubernetes.io/docs/reference/kubernetes-api/common-definitions/quantity/).
 * @throws {RangeError} for text that is no quantity
 */
export function parseQuantity(text: string): number {
  const match = /^([-+]?[0-9.]+(?:[eE][-+]?[0-9]+)?)(|n|u|m|k|[KMGTPE]i?)$/.exec(text.trim())
  const factor = SUFFIXES[match?.[2] ?? 'none']
  if (match === null || factor === undefined) throw new RangeError(`"${text}" is not a Kubernetes quantity.`)
  return Number(match[1]) * factor
}

/** A number as people write it: `250m` of cpu, `64 MiB` of memory. */
export function formatQuantity(amount: number, unit: 'cpu' | 'memory'): string {
  if (unit === 'cpu') return Number.isInteger(amount) ? String(amount) : `${String(Math.round(amount * 1000))}m`
  const gib = amount / 2 ** 30
  return Math.abs(gib) >= 1 ? `${gib.toFixed(1)} GiB` : `${String(Math.round(amount / 2 ** 20))} MiB`
}
