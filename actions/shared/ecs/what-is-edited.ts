// Apart from edits.ts, which needs the SDK: inputs are read before that is loaded.
import type {Edits} from './edits.ts'

/** Whether anything is to be changed in the containers that the edits name. */
export function editsContainers({image, container}: Edits): boolean {
  const {environment, removeEnvironment, exclusive, secrets, removeSecrets, dockerLabels, logOptions} = container
  const sizes = [environment.size, removeEnvironment.length, secrets.size, removeSecrets.length, dockerLabels.size]
  const single = [image, container.environmentFiles, container.command, container.entryPoint, container.logDriver]
  return exclusive || logOptions.size > 0 || sizes.some((n) => n > 0) || single.some((value) => value !== undefined)
}
