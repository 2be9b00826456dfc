import {isRecord, recordAt, textAt} from '../core/json.ts'
import type {JsonRecord} from '../core/json.ts'
import type {Invocation} from './plan.ts'

/** An action that the apply invokes, as Terraform 1.14 and later write it (`internal/command/jsonplan/action_invocations.go`). */
export function readInvocation(item: JsonRecord): Invocation {
  const trigger = recordAt(item, 'lifecycle_action_trigger')
  // "AfterCreate", in words.
  const event = textAt(trigger, 'action_trigger_event')
    ?.replaceAll(/(?!^)[A-Z]/g, ' $&')
    .toLowerCase()
  const resource = textAt(trigger, 'triggering_resource_address')
  const asked = isRecord(item['invoke_action_trigger']) ? 'asked for' : ''
  return {
    address: textAt(item, 'address') ?? 'an action',
    trigger: event === undefined ? asked : [event, resource].filter(Boolean).join(' of '),
    values: {
      before: undefined,
      after: item['config_values'],
      afterUnknown: item['config_unknown'],
      beforeSensitive: undefined,
      afterSensitive: item['config_sensitive'],
    },
  }
}

/** What is put off to a later plan, with the reason: an object or an action. */
export function deferredLine(item: JsonRecord, what: 'resource_change' | 'action_invocation'): string {
  const address = textAt(recordAt(item, what), 'address') ?? 'an object'
  return `${address}: ${(textAt(item, 'reason') ?? 'unknown').replaceAll('_', ' ')}`
}
