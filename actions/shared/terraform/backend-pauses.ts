/** Pauses between tries, in milliseconds: most backends that were busy or away for a moment are back within half a minute. */
export const BACKEND_PAUSES_MS = [2_000, 8_000, 20_000] as const
