import {existsSync, mkdirSync, readdirSync, rmSync, symlinkSync} from 'node:fs'
import {delimiter, join} from 'node:path'
import {findTool} from '../core/machine.ts'
import {attempt, must} from '../core/run.ts'
import {fingerprint, type Install} from './install.ts'

/**
 * Debian or Ubuntu packages, with what they depend on, unpacked into the cache: no package is installed on the machine, no
 * service is started, and no root is needed.
 * @throws Error when this machine has no apt.
 */
export function debs(name: string, packages: readonly string[]): Install {
  if (!findTool('apt-get') || !findTool('dpkg-deb')) {
    throw new Error(
      `${packages.join(', ')} cannot be fetched without apt: install them with this system's package manager.`,
    )
  }
  return {
    name,
    fingerprint: fingerprint('debs-1', process.arch, ...packages),
    lane: 'net',
    build: (folder) => unpack(folder, packages),
  }
}

/** apt's own folders stay untouched: archives, and if need be package lists, go to the given folder. */
function aptOptions(folder: string): string[] {
  const options = {'Dir::Cache::archives': join(folder, 'debs'), 'Debug::NoLocking': '1', 'APT::Sandbox::User': 'root'}
  return Object.entries(options).flatMap(([key, value]) => ['-o', `${key}=${value}`])
}

async function unpack(folder: string, packages: readonly string[]): Promise<void> {
  const archives = join(folder, 'debs')
  const root = join(folder, 'root')
  mkdirSync(join(archives, 'partial'), {recursive: true})
  mkdirSync(root)
  const options = aptOptions(folder)
  const fetch = ['install', '--yes', '--download-only', '--no-install-recommends', '--reinstall', ...packages]
  const first = await attempt(['apt-get', ...options, ...fetch])
  if (first.code !== 0) {
    const own = [...options, '-o', `Dir::State::lists=${join(folder, 'lists')}`]
    await must(['apt-get', ...own, 'update'])
    await must(['apt-get', ...own, ...fetch])
  }
  for (const deb of readdirSync(archives).filter((file) => file.endsWith('.deb'))) {
    await must(['dpkg-deb', '-x', join(archives, deb), root])
  }
  rmSync(archives, {recursive: true})
  rmSync(join(folder, 'lists'), {recursive: true, force: true})
  linkIptables(join(root, 'usr/sbin'))
}

/** The plain iptables names are made by dpkg's alternatives, which unpacking does not run. */
function linkIptables(sbin: string): void {
  if (!existsSync(join(sbin, 'xtables-nft-multi'))) return
  for (const family of ['iptables', 'ip6tables']) {
    for (const tool of [family, `${family}-save`, `${family}-restore`])
      symlinkSync('xtables-nft-multi', join(sbin, tool))
  }
}

/** The environment in which unpacked programs find each other and their libraries; what is not unpacked changes nothing. */
export function debsEnv(folder: string, env: NodeJS.ProcessEnv): NodeJS.ProcessEnv {
  const root = join(folder, 'root')
  if (!existsSync(root)) return {...env}
  const libraries = ['usr/lib', 'lib'].flatMap((lib) => libraryFolders(join(root, lib)))
  const xtables = libraries.map((lib) => join(lib, 'xtables')).find(existsSync)
  return {
    ...env,
    PATH: [...['usr/sbin', 'usr/bin', 'sbin', 'bin'].map((bin) => join(root, bin)), env['PATH']].join(delimiter),
    LD_LIBRARY_PATH: [...libraries, env['LD_LIBRARY_PATH']].filter(Boolean).join(delimiter),
    ...(xtables ? {XTABLES_LIBDIR: xtables} : {}),
  }
}

function libraryFolders(lib: string): string[] {
  if (!existsSync(lib)) return []
  return readdirSync(lib)
    .filter((entry) => entry.endsWith('-linux-gnu'))
    .map((entry) => join(lib, entry))
}
