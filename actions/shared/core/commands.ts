import {randomUUID} from 'node:crypto'
import {appendFileSync} from 'node:fs'
import {EOL} from 'node:os'

// What a step says to its runner. Written here and not taken from `@actions/core`, because that brings an HTTP client
// for OIDC tokens along: half a megabyte in every bundle, for a page of code.
// https://docs.github.com/actions/reference/workflow-commands-for-github-actions

/** Where an annotation points, and its title. Lines count from 1. */
export interface AnnotationProperties {
  readonly title?: string
  readonly file?: string
  readonly startLine?: number
  readonly endLine?: number
}

// What the runner calls them in its commands.
const PROPERTY_NAMES = {title: 'title', file: 'file', startLine: 'line', endLine: 'endLine'} as const

/** A line that shows only when step debugging is on. */
export function debug(text: string): void {
  issue('debug', text)
}

/** A notice annotation. */
export function notice(text: string, properties: AnnotationProperties = {}): void {
  issue('notice', text, properties)
}

/** A warning annotation. */
export function warning(text: string, properties: AnnotationProperties = {}): void {
  issue('warning', text, properties)
}

/** An error annotation. */
export function error(text: string, properties: AnnotationProperties = {}): void {
  issue('error', text, properties)
}

/** Folds what `body` logs under `title`. */
export async function group<T>(title: string, body: () => Promise<T>): Promise<T> {
  issue('group', title)
  try {
    return await body()
  } finally {
    issue('endgroup', '')
  }
}

/** Has the runner replace `secret` by `***` in the log from now on. */
export function setSecret(secret: string): void {
  issue('add-mask', secret)
}

/** Hands `value` to later steps. Outside a runner it is shown in the log instead. */
export function setOutput(name: string, value: string): void {
  fileCommand('OUTPUT', 'set-output', name, value)
}

/** Hands `value` to the post step of this action. */
export function saveState(name: string, value: string): void {
  fileCommand('STATE', 'save-state', name, value)
}

function issue(command: string, text: string, properties: AnnotationProperties = {}): void {
  const given = Object.entries(PROPERTY_NAMES).flatMap(([key, name]) => {
    const value = properties[key as keyof AnnotationProperties]
    return value === undefined ? [] : [`${name}=${escapeProperty(String(value))}`]
  })
  const head = given.length === 0 ? command : `${command} ${given.join(',')}`
  process.stdout.write(`::${head}::${escapeData(text)}${EOL}`)
}

function fileCommand(file: 'OUTPUT' | 'STATE', command: string, name: string, value: string): void {
  const path = process.env[`GITHUB_${file}`]
  if (path === undefined || path === '') {
    process.stdout.write(`${EOL}::${command} name=${escapeProperty(name)}::${escapeData(value)}${EOL}`)
    return
  }
  // The end marker cannot be guessed, so that no value can end itself and set another output.
  const end = `ghadelimiter_${randomUUID()}`
  appendFileSync(path, `${name}<<${end}${EOL}${value}${EOL}${end}${EOL}`)
}

function escapeData(text: string): string {
  return text.replaceAll('%', '%25').replaceAll('\r', '%0D').replaceAll('\n', '%0A')
}

function escapeProperty(text: string): string {
  return escapeData(text).replaceAll(':', '%3A').replaceAll(',', '%2C')
}
