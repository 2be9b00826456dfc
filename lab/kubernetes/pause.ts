import {mkdirSync, rmSync} from 'node:fs'
import {join} from 'node:path'
import type {LabPaths} from '../core/paths.ts'
import {goPrograms} from '../install/go.ts'
import {fingerprint, installFolder, type Install} from '../install/install.ts'
import {imageFromFolder} from '../oci.ts'
import {PAUSE_IMAGE} from './layout.ts'

const NAME = 'pause-image'

/** The image whose only program holds a pod's namespaces; made here, so that no registry is asked for one. */
export function pauseImage(): Install {
  const program = goPrograms({name: NAME, recipe: 'pause', packages: ['.']})
  return {
    ...program,
    fingerprint: fingerprint(program.fingerprint, PAUSE_IMAGE),
    async build(folder) {
      const rootfs = join(folder, 'bin')
      mkdirSync(rootfs)
      await program.build(folder)
      const into = {layout: join(folder, 'layout'), archive: join(folder, 'pause.tar')}
      await imageFromFolder(rootfs, into, {name: PAUSE_IMAGE, config: {Entrypoint: ['/pause']}})
      rmSync(into.layout, {recursive: true})
    },
  }
}

/** The image as a file for `ctr images import`. */
export function pauseArchive(paths: LabPaths): string {
  return join(installFolder(paths, NAME), 'pause.tar')
}
