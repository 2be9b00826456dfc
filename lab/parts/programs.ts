import {existsSync} from 'node:fs'
import {join} from 'node:path'
import {findTool} from '../core/machine.ts'
import type {Part, Starting, World} from '../core/part.ts'
import {must} from '../core/run.ts'
import {goPrograms, recipeText} from '../install/go.ts'
import {installFolder, type Install} from '../install/install.ts'
import {pythonPackages} from '../install/pypi.ts'

/** A program that only has to be there: where it comes from, and how it says its version. */
interface Program {
  readonly tool: string
  readonly install: () => Install
  readonly version: readonly string[]
}

const requirements = (recipe: string): string[] => recipeText(recipe, 'requirements.txt').split('\n').filter(Boolean)

const ACT: Program = {
  tool: 'act',
  install: () => pythonPackages('act', requirements('runner')),
  version: ['--version'],
}

const ACTIONLINT: Program = {
  tool: 'actionlint',
  install: () =>
    goPrograms({
      name: 'actionlint',
      recipe: 'actionlint',
      packages: ['github.com/rhysd/actionlint/cmd/actionlint'],
      linked: {'github.com/rhysd/actionlint.version': 'v1.7.12'},
    }),
  version: ['-version'],
}

const HELM: Program = {
  tool: 'helm',
  install: () =>
    goPrograms({
      name: 'helm',
      recipe: 'helm',
      packages: ['helm.sh/helm/v3/cmd/helm'],
      linked: {'helm.sh/helm/v3/internal/version.version': 'v3.22.0'},
    }),
  version: ['version', '--short'],
}

const ZIZMOR: Program = {
  tool: 'zizmor',
  install: () => pythonPackages('zizmor', requirements('zizmor')),
  version: ['--version'],
}

const folderOf = (world: World, program: Program): string =>
  join(installFolder(world.paths, program.install().name), 'bin')

function installs(world: World, programs: readonly Program[]): Promise<Install[]> {
  return Promise.resolve(programs.filter(({tool}) => !findTool(tool, world.env)).map(({install}) => install()))
}

async function versionOf(path: string, program: Program): Promise<string> {
  const said = await must([path, ...program.version])
  return /\d+\.\d+(\.\d+)?/.exec(said)?.[0] ?? said
}

async function start(lab: Starting, programs: readonly Program[]): Promise<void> {
  const found = programs.map((program) => {
    const own = findTool(program.tool, lab.env)
    return {program, own, path: own ?? join(folderOf(lab, program), program.tool)}
  })
  const versions = await Promise.all(found.map(({program, path}) => versionOf(path, program)))
  const named = found.map(({program}, at) =>
    programs.length > 1 ? `${program.tool} ${versions[at] ?? ''}` : versions[at],
  )
  lab.note({
    version: named.join(', '),
    address: found.map(({path}) => path).join(' '),
    borrowed: found.every(({own}) => own),
    path: found.filter(({own}) => !own).map(({program}) => folderOf(lab, program)),
  })
}

/** A part made of programs that run only when somebody calls them. */
function programsPart(name: string, programs: readonly Program[]): Part {
  return {
    name,
    after: [],
    installs: (world) => installs(world, programs),
    start: (lab) => start(lab, programs),
    health: (_world, state) => {
      const lost = state.address.split(' ').find((path) => !existsSync(path))
      return Promise.resolve(lost && `${lost} is not there any more`)
    },
    stop: () => Promise.resolve(),
  }
}

/** nektos/act: runs workflows on this machine. */
export const runner = programsPart('runner', [ACT])

/** Linters of workflows, and the renderer of charts, used by the tests. */
export const tools = programsPart('tools', [ACTIONLINT, ZIZMOR, HELM])
