import {join} from 'node:path'
import {findTool} from '../core/machine.ts'
import {must} from '../core/run.ts'
import {fingerprint, type Install} from './install.ts'

/**
 * Python packages in a virtual environment of their own; programs are in `<folder>/bin`.
 * @throws Error when there is no Python 3 on this machine.
 */
export function pythonPackages(name: string, requirements: readonly string[]): Install {
  const python = findTool('python3')
  if (!python) throw new Error(`Installing ${name} needs Python 3.10 or newer on PATH (Debian: python3, python3-venv).`)
  return {
    name,
    fingerprint: fingerprint('pypi-1', process.arch, ...requirements),
    lane: 'net',
    async build(folder) {
      await must([python, '-m', 'venv', folder])
      await must([join(folder, 'bin/pip'), 'install', '--quiet', '--no-input', ...requirements])
    },
  }
}
