import {InputError} from '../../core/errors.ts'
import {condition, groupOf, title} from '../object.ts'
import type {Json, KubeObject} from '../object.ts'
import {parseJsonPath, textOf, valuesAt} from './json-path.ts'
import type {JsonPath} from './json-path.ts'
import {isBuiltIn, rate} from './rating.ts'
import {done, failed, reasonOf, waiting} from './verdicts.ts'
import type {Rating} from './verdicts.ts'

type Test =
  | {readonly type: 'condition'; readonly name: string; readonly value: string}
  /** Without a value, any will do. */
  | {readonly type: 'path'; readonly path: JsonPath; readonly value: string | undefined}

/** What the user wants to be waited for, of all objects of a kind or of one. */
export interface WaitRule {
  /** As it was written. */
  readonly written: string
  readonly kind: string
  /** Undefined: of any group. */
  readonly group: string | undefined
  /** Undefined: of any name. */
  readonly name: string | undefined
  /** The wait fails when this holds; otherwise it goes on until it does. */
  readonly fails: boolean
  readonly test: Test
}

const LINE = /^([A-Za-z]+)((?:\.[a-z0-9-]+)*)(?:\/([a-z0-9][a-z0-9.-]*))?:\s+(fail\s+)?(condition|jsonpath)=(.+)$/

/**
 * Reads rules, one per line: `Certificate: condition=Ready`, `Database.example.com/main: jsonpath={.status.phase}=Up`,
 * `Database: fail jsonpath={.status.phase}=Broken`. Behind the colon it is what `kubectl wait --for` takes.
 * @throws {InputError} for a line that is none
 */
export function parseWaitRules(lines: readonly string[]): WaitRule[] {
  return lines.map((written) => {
    const [, kind, group, name, fail, type, rest = ''] = LINE.exec(written) ?? []
    if (kind === undefined) {
      throw new InputError(
        `Input "wait-rules" has "${written}": write "Kind: condition=Ready" or "Kind/name: jsonpath={.status.phase}=Running".`,
      )
    }
    const test = type === 'condition' ? conditionTest(rest) : pathTest(rest)
    const fails = fail !== undefined
    return {written, kind, group: group === '' ? undefined : group?.slice(1), name, fails, test}
  })
}

function conditionTest(text: string): Test {
  const [name = '', value = 'True'] = text.split('=', 2)
  return {type: 'condition', name, value}
}

function pathTest(text: string): Test {
  const [, path = '', value] =
    /^(\{.*?\}(?=$|=)|[^={]+)(?:=(.*))?$/s.exec(text.replace(/^'(\{.*?\})'(?=$|=)/, '$1')) ?? []
  return {type: 'path', path: parseJsonPath(path === '' ? text : path), value: value?.replace(/^(["'])(.*)\1$/, '$2')}
}

/** The rules for an object. */
export function rulesFor(object: KubeObject, rules: readonly WaitRule[]): WaitRule[] {
  return rules.filter(
    ({kind, group, name}) =>
      kind.toLowerCase() === object.kind.toLowerCase() &&
      (group === undefined || group === groupOf(object.apiVersion)) &&
      (name === undefined || name === object.metadata.name),
  )
}

/** @throws {InputError} for a rule that no object of the set obeys: a typo would otherwise wait for nothing */
export function checkWaitRules(rules: readonly WaitRule[], objects: readonly KubeObject[]): void {
  const unused = rules.find((rule) => !objects.some((object) => rulesFor(object, [rule]).length > 0))
  if (unused === undefined) return
  const known = objects.slice(0, 10).map(title).join(', ')
  throw new InputError(`Input "wait-rules" has "${unused.written}", but the manifests have no such object: ${known}.`)
}

/**
 * How far an object is with the rules of its kind and those of the user. Kinds of the cluster itself have to satisfy
 * both; of other kinds nobody knows better than the user.
 */
export function rateWith(object: KubeObject, rules: readonly WaitRule[]): Rating {
  const own = rules.length === 0 || isBuiltIn(object) || isGoing(object) ? rate(object) : done('as asked')
  if (own.state === 'failed') return own
  const bad = rules.find((rule) => rule.fails && holds(object, rule.test))
  if (bad !== undefined) return failed('rejected', `${shown(bad.test)}: ${now(object, bad.test)}`)
  if (own.state === 'waiting') return own
  const open = rules.find((rule) => !rule.fails && !holds(object, rule.test))
  return open === undefined ? own : waiting(`waiting for ${shown(open.test)}, now ${now(object, open.test)}`)
}

const isGoing = ({metadata}: KubeObject): boolean => metadata.deletionTimestamp !== undefined

function holds(object: KubeObject, test: Test): boolean {
  if (test.type === 'path') {
    const values = valuesAt(object as unknown as Json, test.path).map(textOf)
    return values.length > 0 && values.every((value) => test.value === undefined || value === test.value)
  }
  const found = condition(object, test.name)
  if (found === undefined || isOld(object, found.observedGeneration)) return false
  return found.status.toLowerCase() === test.value.toLowerCase()
}

// A condition that was written for the specification before says nothing about this one.
function isOld({metadata, status}: KubeObject, ofCondition: number | undefined): boolean {
  const seen = ofCondition ?? status?.['observedGeneration']
  return typeof seen === 'number' && seen < (metadata.generation ?? 0)
}

function shown(test: Test): string {
  if (test.type === 'condition') return `condition ${test.name}=${test.value}`
  const path = test.path.map((step) => ('name' in step ? `.${step.name}` : '[…]')).join('')
  return `${path.replace(/^\./, '')}${test.value === undefined ? '' : `=${test.value}`}`
}

function now(object: KubeObject, test: Test): string {
  if (test.type === 'condition') {
    const found = condition(object, test.name)
    return found === undefined ? 'not there' : `${found.status} (${reasonOf(found)})`
  }
  const values = valuesAt(object as unknown as Json, test.path)
  return values.length === 0 ? 'not there' : values.map(textOf).join(', ')
}
