import {readFileSync} from 'node:fs'
import {join} from 'node:path'
import fc from 'fast-check'
import {parse} from 'yaml'

/** Text as people and other programs write it, and as nobody should. */
export const anyText: fc.Arbitrary<string> = fc.oneof(
  fc.string({maxLength: 40}),
  fc.string({unit: 'binary', maxLength: 40}),
  fc.constantFrom(
    '',
    ' ',
    '\n',
    '\0',
    '\r\n',
    '../..',
    '${{ x }}',
    '::error::x',
    '__proto__',
    'constructor',
    '0',
    '-1',
  ),
  fc.constantFrom('1e999', 'NaN', 'true', 'null', '[]', '{}', '{"a":', '"', "'", '#', '=', '=x', 'a=', '- a', 'a: b'),
  fc.constantFrom('a'.repeat(5000), '(a+)+$', '\u{202e}abc', 'é\u{301}', '\ud800', '%0A%25', '*', '&a *a', '!!js/x'),
)

/** Anything that JSON can say. */
export const anyJson: fc.Arbitrary<unknown> = fc.jsonValue({maxDepth: 3})

/** A good document of which up to three parts have become something else, or are gone. */
export function mutated(good: unknown): fc.Arbitrary<unknown> {
  const paths = pathsOf(good)
  const change = fc.record({
    path: fc.constantFrom(...paths),
    to: fc.oneof(anyJson, anyText, fc.constant(undefined)),
  })
  return fc
    .array(change, {minLength: 1, maxLength: 3})
    .map((changes) => changes.reduce((document, {path, to}) => put(document, path, to), structuredClone(good)))
}

/** The JSON of a value; empty for what JSON cannot say. */
export function jsonOf(value: unknown): string {
  return value === undefined ? '' : JSON.stringify(value)
}

type Path = readonly (string | number)[]

function pathsOf(value: unknown, path: Path = []): Path[] {
  if (typeof value !== 'object' || value === null) return [path]
  return [path, ...Object.entries(value).flatMap(([key, inner]) => pathsOf(inner, [...path, key]))]
}

function put(document: unknown, [key, ...rest]: Path, to: unknown): unknown {
  if (key === undefined) return to
  if (typeof document !== 'object' || document === null) return document
  const inner = (document as Record<string, unknown>)[key]
  if (Array.isArray(document))
    return document.map((one, at) => (String(at) === String(key) ? put(one, rest, to) : (one as unknown)))
  return {...document, [key]: put(inner, rest, to)}
}

/** A text of which pieces were cut out, doubled or replaced. */
export function torn(good: string): fc.Arbitrary<string> {
  const place = fc.nat({max: good.length})
  const cut = fc.record({from: place, length: fc.nat({max: 80}), put: fc.oneof(anyText, fc.constant(''))})
  return fc
    .array(cut, {minLength: 1, maxLength: 4})
    .map((cuts) =>
      cuts.reduce((text, {from, length, put: piece}) => text.slice(0, from) + piece + text.slice(from + length), good),
    )
}

interface ActionFile {
  readonly inputs: Readonly<Record<string, {readonly default?: string | boolean | number}>>
}

/** The environment that the runner makes of an action's inputs, some of them set to anything. @param likely good values */
export function anyInputs(
  action: string,
  likely: Readonly<Record<string, string>>,
): fc.Arbitrary<Record<string, string>> {
  const file = readFileSync(join(import.meta.dirname, '../../../actions', action, 'action.yml'), 'utf8')
  const {inputs} = parse(file) as ActionFile
  const list = fc.array(fc.oneof(anyText, pair), {maxLength: 4}).map((lines) => lines.join('\n'))
  const value = fc.oneof(anyText, list, pair, fc.constantFrom('true', 'false', '0', '10', '5m', 'a,b', './x', '1.2.3'))
  const fields = Object.entries(inputs).map(([name, {default: given = ''}]) => {
    const usual = likely[name] ?? String(given)
    const chosen = fc.oneof({weight: 12, arbitrary: fc.constant(usual)}, {weight: 1, arbitrary: value})
    return [`INPUT_${name.replaceAll(' ', '_').toUpperCase()}`, chosen] as const
  })
  return fc.record(Object.fromEntries(fields))
}

const pair = fc
  .tuple(fc.constantFrom('A', 'app', 'type', 'name', 'x.y', ''), anyText)
  .map(([name, value]) => `${name}=${value}`)
