import {diagnosticFromJson} from './diagnostics.ts'
import type {Diagnostic} from './diagnostics.ts'
import {isRecord, recordAt, recordFrom, textAt} from '../core/json.ts'
import type {JsonRecord} from '../core/json.ts'

/** One line of the tool's machine-readable output, as far as anything is decided by it. */
export interface UiMessage {
  /** `planned_change`, `apply_start`, `diagnostic`...; `text` for a line that is not JSON. */
  readonly type: string
  /** The line for people. */
  readonly text: string
  /** The resource it is about. */
  readonly address?: string
  /** `create`, `update`, `delete`, `read`... */
  readonly action?: string
  readonly seconds?: number
  /** Of an operation that has ended: the id of its object, where it has one under that name. */
  readonly id?: string
  /** With type `outputs`: the values of the root outputs that are not sensitive. */
  readonly outputs?: ReadonlyMap<string, unknown>
  readonly diagnostic?: Diagnostic
}

/**
 * Reads a line of `plan -json` or `apply -json`
 * (https://developer.hashicorp.com/terraform/internals/machine-readable-ui). A line that is not JSON, such as a provider's
 * own words on standard error, is passed on as text; unknown types are passed on as they are.
 */
export function readUiLine(line: string, root: string): UiMessage {
  const json = parsed(line)
  if (json === undefined) return {type: 'text', text: line}
  const hook = recordAt(json, 'hook')
  const about = recordAt(textAt(json, 'type') === 'planned_change' ? recordAt(json, 'change') : hook, 'resource')
  const address = textAt(about, 'addr')
  const action = textAt(hook, 'action') ?? textAt(recordAt(json, 'change'), 'action')
  const seconds = hook['elapsed_seconds']
  const diagnostic = diagnosticFromJson(json['diagnostic'], root)
  return {
    type: textAt(json, 'type') ?? 'text',
    text: (textAt(json, '@message') ?? '').trim(),
    ...(address !== undefined && {address}),
    ...(action !== undefined && {action}),
    ...(typeof seconds === 'number' && {seconds}),
    ...(diagnostic && {diagnostic}),
    ...resultsIn(json, hook),
  }
}

function resultsIn(json: JsonRecord, hook: JsonRecord): Pick<UiMessage, 'id' | 'outputs'> {
  const id = hook['id_key'] === 'id' ? textAt(hook, 'id_value') : undefined
  const outputs = json['type'] === 'outputs' ? openOutputs(recordAt(json, 'outputs')) : undefined
  return {...(id !== undefined && {id}), ...(outputs && {outputs})}
}

function openOutputs(outputs: JsonRecord): ReadonlyMap<string, unknown> {
  const open = Object.entries(outputs).flatMap(([name, output]) =>
    isRecord(output) && output['sensitive'] === false && 'value' in output ? [[name, output['value']] as const] : [],
  )
  return new Map(open)
}

function parsed(line: string): JsonRecord | undefined {
  return line.startsWith('{') ? recordFrom(line) : undefined
}
