import {isRecord} from '../core/json.ts'
import {replaceAny} from './replace-any.ts'

/** What a value is shown as that nobody may see. */
export const SENSITIVE = '(sensitive value)'

/** Text shorter than this is not looked for elsewhere: too many harmless values would be hidden with it. */
const SHORTEST = 6
/** So many secrets are also looked for inside longer values; more would make huge plans slow. */
const MOST_SOUGHT = 200

/**
 * The secret values of one plan. Marks do not follow a value everywhere: a provider may copy a marked argument into an
 * attribute that it does not mark, and Terraform then prints it. What is marked anywhere in the plan is hidden everywhere.
 */
export class Secrets {
  /** As they stand between the quotes of JSON text. */
  readonly #known = new Set<string>()
  /** As they are, and how long such texts are: most values are told from a secret by their length alone. */
  readonly #plain = new Set<string>()
  readonly #lengths = new Set<number>()

  /** Remembers the texts of `value` that are covered by `mark`, which mirrors its structure. */
  add(value: unknown, mark: unknown): void {
    if (mark === undefined || mark === null || mark === false) return
    if (typeof value === 'string') {
      if (mark === true && value.trim().length >= SHORTEST) this.#remember(value)
      return
    }
    if (typeof value !== 'object' || value === null) return
    for (const [key, item] of Object.entries(value)) this.add(item, mark === true ? true : partOf(mark, key))
  }

  #remember(text: string): void {
    this.#known.add(inJson(text))
    this.#plain.add(text)
    this.#lengths.add(text.length)
  }

  /** Whether a text is one of the secrets. */
  isText(text: string): boolean {
    return this.#lengths.has(text.length) && this.#plain.has(text)
  }

  /** Whether a value, as JSON text, is one of the secrets. */
  is(json: string): boolean {
    return this.#known.size > 0 && this.#known.has(json.slice(1, -1))
  }

  /** Whether a value, as JSON text, is one of the secrets or holds one. */
  hides(json: string): boolean {
    if (this.is(json)) return true
    let sought = 0
    for (const secret of this.#known) {
      if (json.includes(secret)) return true
      if (++sought >= MOST_SOUGHT) return false
    }
    return false
  }

  /** A text of the tool with every secret in it replaced; quoted values are all found, however many there are. */
  scrub(text: string): string {
    if (this.#known.size === 0) return text
    const quoted = text.replace(/"((?:[^"\\\n]|\\.)*)"/g, (whole, inner: string) =>
      this.#known.has(inner) ? SENSITIVE : whole,
    )
    const sought = [...this.#known].slice(0, MOST_SOUGHT)
    // A text of several lines is shown line by line; each of them gives a part away.
    const lines = sought.flatMap((secret) => secret.split('\\n')).filter((line) => line.trim().length >= SHORTEST)
    return replaceAny(quoted, lines, SENSITIVE)
  }
}

function inJson(text: string): string {
  return JSON.stringify(text).slice(1, -1)
}

function partOf(mark: unknown, key: string): unknown {
  if (Array.isArray(mark)) return mark[Number(key)]
  return isRecord(mark) ? mark[key] : undefined
}
