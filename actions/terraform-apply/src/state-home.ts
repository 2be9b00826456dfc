import type {World} from '../../shared/core/world.ts'
import {keptStateId} from '../../shared/saved-plan/kept-state.ts'
import type {StateHome} from '../../shared/saved-plan/kept-state.ts'
import type {Entry} from '../../shared/saved-plan/store.ts'
import type {OpenRoot} from '../../shared/terraform/open-root.ts'

/** Where the state of a root belongs. */
export function stateHome(repository: string, {session, workspace, backend}: OpenRoot): StateHome {
  return {
    repository,
    workingDirectory: session.root,
    workspace,
    backendType: backend.type,
    backendPlace: backend.place,
  }
}

/** The entry of a store that a state of this root is kept as. @param run the run that kept it, if not this one */
export function stateEntry({env}: World, home: StateHome, run = env['GITHUB_RUN_ID'] ?? ''): Entry {
  return {kind: 'state', id: keptStateId(home), run}
}
