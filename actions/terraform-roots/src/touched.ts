import {matchesGlob} from 'node:path'
import {InputError} from '../../shared/core/errors.ts'
import type {RootsInputs} from './inputs.ts'
import type {Configuration} from './modules.ts'

/** A root that the change touches. */
export interface Touched {
  readonly root: string
  /** Which files, and through which modules; empty when every root counts. */
  readonly because: readonly {readonly file: string; readonly through: readonly string[]}[]
}

/**
 * The roots of a checkout.
 * @throws {InputError} when a line of `roots` names no folder with configuration
 */
export function findRoots(configuration: Configuration, wanted: readonly string[]): readonly string[] {
  const {folders} = configuration
  const named = wanted.filter((glob) => !glob.startsWith('!'))
  const out = wanted.filter((glob) => glob.startsWith('!')).map((glob) => glob.slice(1))
  for (const glob of named) {
    if (folders.some((folder) => matchesGlob(folder, glob))) continue
    throw new InputError(
      `Input "roots" has "${glob}", and no folder of that name holds .tf files: ${folders.length === 0 ? 'the checkout has none' : `there are ${few(folders)}`}.`,
    )
  }
  const roots =
    named.length === 0
      ? folders.filter((folder) => configuration.hasState(folder))
      : folders.filter((folder) => named.some((glob) => matchesGlob(folder, glob)))
  return roots.filter((folder) => !out.some((glob) => matchesGlob(folder, glob)))
}

const few = (names: readonly string[]): string =>
  names.length > 5 ? `${names.slice(0, 5).join(', ')} and ${String(names.length - 5)} more` : names.join(', ')

/**
 * The roots that a change touches: by a file of their own, of a module they call on any level, or one that concerns all.
 * A file belongs to the nearest folder above it that holds configuration, so a template counts for its module.
 * @param files the changed files; undefined when nobody can say, which touches every root
 */
export function touchedRoots(
  configuration: Configuration,
  roots: readonly string[],
  files: readonly string[] | undefined,
  always: RootsInputs['always'],
): readonly Touched[] {
  if (files === undefined) return roots.map((root) => ({root, because: []}))
  const general = files.filter((file) => always.some((glob) => matchesGlob(file, glob)))
  const owned = files.map((file) => ({file, owner: configuration.ownerOf(file)}))
  return roots
    .map((root) => {
      const parts = configuration.parts(root)
      const own = owned.flatMap(({file, owner}) => {
        const way = owner === undefined ? undefined : parts.get(owner)
        return way === undefined ? [] : [{file, through: way.slice(1)}]
      })
      return {root, because: [...own, ...general.map((file) => ({file, through: []}))]}
    })
    .filter(({because}) => because.length > 0)
}
