import {chmodSync, mkdtempSync, rmSync, writeFileSync} from 'node:fs'
import {tmpdir} from 'node:os'
import {join} from 'node:path'

/** A folder with a `docker` that answers at once, so that what is measured is the action alone. */
export interface InstantDocker {
  readonly folder: string
  remove(): void
}

/** @param digest what the build is said to have pushed, `sha256:<hex>` */
export function instantDocker(digest: string): InstantDocker {
  const folder = mkdtempSync(join(tmpdir(), 'slipway-bench-docker-'))
  // The words are those of docker 28 and buildx 0.28, as far as an action reads them.
  const program = `#!/bin/sh
case "$*" in
  *"buildx version"*) echo 'github.com/docker/buildx v0.28.0 b1281b81bba797b5d9eaf20ae2d5d6a1d2dd6a4a' ;;
  *"buildx inspect"*) printf 'Name:   bench\\nDriver: docker-container\\n\\nNodes:\\nName:     bench0\\nEndpoint: unix:///var/run/docker.sock\\nStatus:   running\\nBuildKit version: v0.24.0\\nPlatforms: linux/amd64\\n' ;;
  *"buildx build"*)
    while [ $# -gt 0 ]; do
      case "$1" in
        --metadata-file) printf '{"containerimage.digest":"${digest}","buildx.build.ref":"bench/bench0/abc"}' > "$2" ;;
        --iidfile) printf '${digest}' > "$2" ;;
      esac
      shift
    done ;;
  *password-stdin*) cat > /dev/null; echo 'Login Succeeded' ;;
  *login*) echo 'Login Succeeded' ;;
  *) echo '{}' ;;
esac
`
  writeFileSync(join(folder, 'docker'), program)
  chmodSync(join(folder, 'docker'), 0o755)
  return {
    folder,
    remove: () => {
      rmSync(folder, {recursive: true, force: true})
    },
  }
}
