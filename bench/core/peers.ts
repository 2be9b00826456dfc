import {existsSync, readFileSync} from 'node:fs'
import {join} from 'node:path'
import {execFileSync} from 'node:child_process'
import {readAction} from './action-file.ts'
import type {ActionFile} from './action-file.ts'

/** The environment variable that names the folder of the peers' checkouts. */
export const PEERS_VARIABLE = 'SLIPWAY_BENCH_PEERS'

/** A peer's action as it was published. */
export interface Peer extends ActionFile {
  /** `docker/login-action v4.1.0`. */
  readonly title: string
}

/** The peers that are at hand. */
export interface Peers {
  /** Why a peer cannot be measured, or the peer. */
  readonly find: (repository: string) => Peer | string
  /** The folder of a peer's checkout; undefined when {@link find} has no peer. */
  readonly folder: (repository: string) => string | undefined
  /** A tool that is a program and no action: the executable `run` in the folder of its checkout, or why it is not there. */
  readonly program: (repository: string) => {readonly path: string} | string
  /** Name and version of a checkout, an action's or not. */
  readonly title: (repository: string) => string
}

/** @param folder with one checkout of a release per peer, `owner__name`; undefined: none is at hand */
export function peersIn(folder: string | undefined): Peers {
  const checkoutOf = (repository: string): string => join(folder ?? '', repository.replace('/', '__'))
  const none =
    folder === undefined || folder === '' ? `not measured: ${PEERS_VARIABLE} names no folder of checkouts` : undefined
  const lacks = (repository: string): string => `not measured: ${PEERS_VARIABLE} has no ${repository}`
  return {
    program: (repository) => {
      const path = join(checkoutOf(repository), 'run')
      return none ?? (existsSync(path) ? {path} : lacks(repository))
    },
    title: (repository) => `${repository} ${versionOf(checkoutOf(repository))}`,
    folder: (repository) =>
      existsSync(join(checkoutOf(repository), 'action.yml')) ? checkoutOf(repository) : undefined,
    find: (repository) => {
      if (none !== undefined) return none
      const checkout = checkoutOf(repository)
      if (!existsSync(join(checkout, 'action.yml'))) return lacks(repository)
      const action = readAction(checkout)
      if (!existsSync(action.main)) return `not measured: this checkout of ${repository} has no bundle committed`
      return {...action, title: `${repository} ${versionOf(checkout)}`}
    },
  }
}

/** What the checkout is: a tag or a commit of git, else what a file VERSION or package.json says. */
function versionOf(checkout: string): string {
  const file = join(checkout, 'VERSION')
  if (existsSync(file)) return readFileSync(file, 'utf8').trim()
  if (existsSync(join(checkout, '.git'))) {
    return execFileSync('git', ['-C', checkout, 'describe', '--tags', '--always'], {encoding: 'utf8'}).trim()
  }
  const {version} = JSON.parse(readFileSync(join(checkout, 'package.json'), 'utf8')) as {version?: string}
  return version === undefined ? '(version unknown)' : `v${version}`
}
