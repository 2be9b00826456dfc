import type {ActionCall} from '../../support/spawn-action.ts'
import type {Room} from './model.ts'

/** The call with a name in place of each proxy's address: one that no resolver knows (https://www.rfc-editor.org/rfc/rfc2606#section-2). */
export function nameless({proxies}: Room, call: ActionCall): ActionCall {
  const hosts = proxies.map(({host}) => host).filter((host) => host !== '')
  const withNames = (values: Readonly<Record<string, string>> = {}): Record<string, string> =>
    Object.fromEntries(Object.entries(values).map(([name, value]) => [name, hosts.reduce(withoutAddress, value)]))
  return {...call, env: withNames(call.env), inputs: withNames(call.inputs)}
}

function withoutAddress(value: string, host: string): string {
  return value.replaceAll(host, host.replace('127.0.0.1', 'service.invalid'))
}
