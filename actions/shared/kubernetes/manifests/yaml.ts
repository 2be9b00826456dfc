import {LineCounter, parseAllDocuments} from 'yaml'
import type {Document, ScalarTag} from 'yaml'
import {errorMessage, InputError} from '../../core/errors.ts'
import type {Json} from '../object.ts'

/** One YAML document of a text. */
export interface YamlDocument {
  readonly document: Document.Parsed
  /** The line of the text it starts at, counted from 1. */
  readonly line: number
}

const nullTag: ScalarTag = {
  identify: (value) => value === null,
  default: true,
  tag: 'tag:yaml.org,2002:null',
  test: /^(?:~|null|Null|NULL)?$/,
  resolve: () => null,
}

const trueTag: ScalarTag = {
  identify: (value) => value === true,
  default: true,
  tag: 'tag:yaml.org,2002:bool',
  test: /^(?:y|Y|yes|Yes|YES|true|True|TRUE|on|On|ON)$/,
  resolve: () => true,
}

const falseTag: ScalarTag = {
  identify: (value) => value === false,
  default: true,
  tag: 'tag:yaml.org,2002:bool',
  test: /^(?:n|N|no|No|NO|false|False|FALSE|off|Off|OFF)$/,
  resolve: () => false,
}

const INTEGER = /^[-+]?(?:0[xX][0-9a-fA-F]+|0[bB][01]+|0[oO]?[0-7]+|[1-9][0-9]*|0)$/
const FLOAT = /^[-+]?(?:\.[0-9]+|[0-9]+(?:\.[0-9]*)?)(?:[eE][-+]?[0-9]+)?$/

// What starts like a number loses its underscores and is tried as an integer with any of Go's prefixes (0644 and 0o644
// are octal, 0899 is not), then as a float; what starts with a dot is tried as a float just as it stands, and there Go
// takes single underscores between digits (https://pkg.go.dev/strconv#ParseFloat).
const DOTTED = /^\.[0-9]+(?:_[0-9]+)*(?:[eE][-+]?[0-9]+(?:_[0-9]+)*)?$/
const numberTag: ScalarTag = {
  identify: (value) => typeof value === 'number',
  default: true,
  tag: 'tag:yaml.org,2002:float',
  test: /^(?:[-+0-9]|\.[0-9]).*$/,
  resolve: (text, onError) => {
    if (text.startsWith('.') && !DOTTED.test(text)) return text
    const plain = text.replaceAll('_', '')
    if (INTEGER.test(plain)) {
      const number = integer(plain)
      if (!Number.isSafeInteger(number)) onError(`the number ${text} is too large to be read exactly: put it in quotes`)
      return number
    }
    const number = FLOAT.test(plain) ? Number(plain) : Infinity
    return Number.isFinite(number) ? number + 0 : text // on its way through JSON, -0 becomes 0
  },
}

function integer(plain: string): number {
  const digits = plain.replace(/^[-+]/, '')
  const number = Number(/^0[0-7]/.test(digits) ? `0o${digits.slice(1)}` : digits)
  return plain.startsWith('-') ? 0 - number : number
}

/**
 * The documents of a YAML text, with scalars resolved as the API server resolves them. Kubernetes reads YAML with a
 * fork of go-yaml v2 (https://github.com/kubernetes-sigs/yaml): `yes`, `on` and `y` are booleans, `0644` is octal and
 * `1_000` a number, but `12:30:45` stays text. A reader for YAML 1.1 or 1.2 gets one of them wrong, which is how
 * `defaultMode: 0644` became 644 elsewhere.
 * @param file how the text is called in errors
 * @throws {InputError} that names the file, the line and what is wrong there
 */
export function parseYaml(text: string, file: string): YamlDocument[] {
  const lines = new LineCounter()
  const documents = parseAllDocuments(text, {
    schema: 'failsafe',
    customTags: (tags) => [...tags, nullTag, trueTag, falseTag, numberTag],
    merge: true,
    keepSourceTokens: true,
    lineCounter: lines,
    prettyErrors: false,
    logLevel: 'error',
  })
  return (Array.isArray(documents) ? documents : []).map((document) => {
    const [error] = document.errors
    if (error !== undefined) {
      const line = lines.linePos(error.pos[0]).line
      throw new InputError(`${file}, line ${String(line)}, is not valid YAML: ${sentence(error.message)}.`)
    }
    return {document, line: lines.linePos(document.contents?.range[0] ?? document.range[0]).line}
  })
}

/**
 * The value of a document. Keys become text, as JSON needs them: the key `y` becomes `true`, as in kubectl.
 * @throws {InputError} for an alias of nothing, or of far too much
 */
export function yamlValue({document, line}: YamlDocument): Json {
  try {
    return document.toJS({maxAliasCount: 10_000}) as Json
  } catch (error) {
    throw new InputError(`The YAML document at line ${String(line)} is not valid: ${sentence(errorMessage(error))}.`)
  }
}

function sentence(message: string): string {
  return message.trim().replace(/\.$/, '')
}
