// The parts of @actions/core that speak to the runner, taken file by file: its index also brings the HTTP client of its
// OIDC tokens along, half a megabyte and a tenth of a second in every bundle, and no action here asks for such a token.
import {issueCommand} from '../../../node_modules/@actions/core/lib/command.js'
import {issueFileCommand, prepareKeyValueMessage} from '../../../node_modules/@actions/core/lib/file-command.js'
import {toCommandProperties, toCommandValue} from '../../../node_modules/@actions/core/lib/utils.js'

/** Where an annotation points, and its title. Lines count from 1. */
export interface AnnotationProperties {
  readonly title?: string
  readonly file?: string
  readonly startLine?: number
  readonly endLine?: number
}

/** A line that shows only when step debugging is on. */
export function debug(text: string): void {
  issueCommand('debug', {}, text)
}

/** A notice annotation. */
export function notice(text: string, properties: AnnotationProperties = {}): void {
  issueCommand('notice', toCommandProperties(properties), text)
}

/** A warning annotation. */
export function warning(text: string, properties: AnnotationProperties = {}): void {
  issueCommand('warning', toCommandProperties(properties), text)
}

/** An error annotation. */
export function error(text: string, properties: AnnotationProperties = {}): void {
  issueCommand('error', toCommandProperties(properties), text)
}

/** Folds what `body` logs under `title`. */
export async function group<T>(title: string, body: () => Promise<T>): Promise<T> {
  issueCommand('group', {}, title)
  try {
    return await body()
  } finally {
    issueCommand('endgroup', {}, '')
  }
}

/** Has the runner replace `secret` by `***` in the log from now on. */
export function setSecret(secret: string): void {
  issueCommand('add-mask', {}, secret)
}

/** Hands `value` to later steps. Outside a runner it is shown in the log instead. */
export function setOutput(name: string, value: string): void {
  fileCommand('OUTPUT', 'set-output', name, value)
}

/** Hands `value` to the post step of this action. */
export function saveState(name: string, value: string): void {
  fileCommand('STATE', 'save-state', name, value)
}

/** Sets an environment variable for later steps. */
export function exportVariable(name: string, value: string): void {
  fileCommand('ENV', 'set-env', name, value)
}

function fileCommand(file: 'OUTPUT' | 'STATE' | 'ENV', command: string, name: string, value: string): void {
  if ((process.env[`GITHUB_${file}`] ?? '') !== '') issueFileCommand(file, prepareKeyValueMessage(name, value))
  else issueCommand(command, {name}, toCommandValue(value))
}
