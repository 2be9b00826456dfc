/** Which parts of a JSON text are wanted: a value whole, each element of a list by itself, or parts of an object. */
export type Wanted = 'whole' | 'each' | {readonly [key: string]: Wanted}

/** Takes a wanted part. @param path its keys, joined by dots; for an element the path of its list */
export type Take = (path: string, value: unknown) => void

/** An object or a list whose parts are looked at one by one. */
interface Level {
  readonly wanted: Wanted
  readonly path: string
}

const [QUOTE, BACKSLASH, COMMA, COLON] = [0x22, 0x5c, 0x2c, 0x3a]
const [OPEN_OBJECT, CLOSE_OBJECT, OPEN_LIST, CLOSE_LIST] = [0x7b, 0x7d, 0x5b, 0x5d]
const SPACE = 0x20

// What a byte outside of a string means for running through a value.
const [STRING, OPENS, CLOSES, BETWEEN] = [1, 2, 3, 4]
const MARKS = new Uint8Array(256)
MARKS.fill(BETWEEN, 0, SPACE + 1)
for (const [byte, mark] of [
  [QUOTE, STRING],
  [OPEN_OBJECT, OPENS],
  [OPEN_LIST, OPENS],
  [CLOSE_OBJECT, CLOSES],
  [CLOSE_LIST, CLOSES],
  [COMMA, BETWEEN],
] as const) {
  MARKS[byte] = mark
}

/**
 * Cuts the wanted parts out of a JSON text that comes in pieces, and parses only those: of a plan with ten thousand
 * resources nine tenths are state and configuration that nobody here looks at, and the whole of it as one text and one
 * tree of objects takes 0.8 GB. (General streaming parsers make an event of every token; they take longer than reading
 * the whole.) What is skipped is not checked, except that its brackets and quotes must close.
 */
export class JsonCutter {
  readonly #take: Take
  readonly #levels: Level[] = []
  /** What the next value is wanted for; undefined when it is skipped. */
  #next: Wanted | undefined
  #path = ''
  /** Whether the end of the text's one value was seen. */
  #done = false
  // The value or key that is being run through: how deep inside it, and the pieces of it that are kept.
  #running = false
  #isKey = false
  #depth = 0
  #inString = false
  #escaped = false
  #pieces: Uint8Array[] | undefined

  constructor(wanted: Wanted, take: Take) {
    this.#next = wanted
    this.#take = take
  }

  /** Takes the next piece of the text. It must not be written over afterwards. @throws {SyntaxError} */
  write(piece: Uint8Array): void {
    let at = 0
    while (at < piece.length) at = this.#running ? this.#run(piece, at) : this.#step(piece, at)
  }

  /** @throws {SyntaxError} when the text is not complete */
  end(): void {
    // A number at the end of the text has nothing behind it that would end it.
    if (this.#running && this.#depth === 0 && !this.#inString) this.#finish()
    if (!this.#done) throw new SyntaxError('The JSON text ends before its value does.')
  }

  /** Looks at one byte between values. */
  #step(piece: Uint8Array, at: number): number {
    const byte = piece[at] ?? 0
    if (byte <= SPACE || byte === COMMA || byte === COLON) return at + 1
    if (this.#done) throw new SyntaxError('There is more after the end of the JSON text.')
    if (byte === CLOSE_OBJECT || byte === CLOSE_LIST) {
      this.#close()
      return at + 1
    }
    return this.#begin(byte, at)
  }

  #begin(byte: number, at: number): number {
    const level = this.#levels.at(-1)
    const keyExpected = level !== undefined && typeof level.wanted === 'object' && !this.#isKey
    if (keyExpected) return this.#start(true, true, at)
    if (level?.wanted === 'each') this.#next = 'whole'
    if (this.#enters(byte)) {
      this.#levels.push({wanted: this.#next ?? 'whole', path: this.#path})
      this.#isKey = false
      return at + 1
    }
    return this.#start(false, this.#next !== undefined, at)
  }

  // A value of another kind than is expected is run through and taken whole: what it means is the reader's business.
  #enters(byte: number): boolean {
    if (this.#next === 'each') return byte === OPEN_LIST
    return typeof this.#next === 'object' && byte === OPEN_OBJECT
  }

  #close(): void {
    if (this.#levels.pop() === undefined) throw new SyntaxError('The JSON text closes what it did not open.')
    this.#afterValue()
  }

  #start(isKey: boolean, keep: boolean, at: number): number {
    this.#running = true
    this.#isKey = isKey
    this.#depth = 0
    this.#inString = false
    this.#pieces = keep ? [] : undefined
    return at
  }

  /** Runs through a value to its end or to the end of the piece. Gives where it stopped. */
  #run(piece: Uint8Array, from: number): number {
    // An escape may have its second byte in this piece.
    let at = this.#escaped ? from + 1 : from
    let ended = false
    while (at < piece.length && !ended) {
      at = this.#inString ? closingQuote(piece, at) : nextMark(piece, at)
      if (at >= piece.length) break
      const mark = MARKS[piece[at] ?? 0] ?? 0
      // What comes after a number or a word belongs to the object or list around it.
      if (mark >= CLOSES && this.#depth === 0) {
        ended = true
      } else {
        ended = this.#pass(mark)
        at++
      }
    }
    this.#escaped = at > piece.length
    this.#pieces?.push(piece.subarray(from, Math.min(at, piece.length)))
    if (ended) this.#finish()
    return at
  }

  /** Goes past a quote or a bracket. Gives whether the value ends with it. */
  #pass(mark: number): boolean {
    if (mark === STRING) {
      this.#inString = !this.#inString
      return !this.#inString && this.#depth === 0
    }
    if (mark === OPENS) this.#depth++
    else if (mark === CLOSES) this.#depth--
    return mark === CLOSES && this.#depth === 0
  }

  #finish(): void {
    this.#running = false
    const value: unknown = this.#pieces && JSON.parse(Buffer.concat(this.#pieces).toString('utf8'))
    const kept = this.#pieces !== undefined
    this.#pieces = undefined
    if (this.#isKey) {
      this.#enterKey(String(value))
      return
    }
    if (kept) this.#take(this.#path, value)
    this.#afterValue()
  }

  #enterKey(key: string): void {
    const level = this.#levels.at(-1)
    if (level === undefined || typeof level.wanted !== 'object') return
    this.#next = Object.hasOwn(level.wanted, key) ? level.wanted[key] : undefined
    this.#path = level.path === '' ? key : `${level.path}.${key}`
  }

  #afterValue(): void {
    const level = this.#levels.at(-1)
    this.#isKey = false
    this.#done = level === undefined
    this.#path = level?.path ?? ''
  }
}

/** Where a string ends; beyond the piece when it does not, one further when the piece ends within an escape. */
function closingQuote(piece: Uint8Array, from: number): number {
  let at = from
  while (at < piece.length && piece[at] !== QUOTE) at += piece[at] === BACKSLASH ? 2 : 1
  return at
}

function nextMark(piece: Uint8Array, from: number): number {
  let at = from
  while (at < piece.length && MARKS[piece[at] ?? 0] === 0) at++
  return at
}
