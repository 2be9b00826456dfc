import {readFile} from 'node:fs/promises'
import {join} from 'node:path'
import {Failure} from '../../shared/core/diagnosis.ts'
import {workspace} from '../../shared/core/files.ts'
import {code, table} from '../../shared/core/markdown.ts'
import type {World} from '../../shared/core/world.ts'
import {openCheckout, readChange} from './change.ts'
import type {Git} from './change.ts'
import type {RootsInputs} from './inputs.ts'
import {Configuration} from './modules.ts'
import {findRoots, touchedRoots} from './touched.ts'
import type {Touched} from './touched.ts'

/** Finds the Terraform roots that a change touches, for a matrix with one job each. */
export async function run(world: World, inputs: RootsInputs): Promise<void> {
  const git = await openCheckout(world)
  const configuration = await readConfiguration(world, git)
  const roots = findRoots(configuration, inputs.roots)
  const change = await readChange(world, git, inputs.base)
  const touched = touchedRoots(configuration, roots, change.files, inputs.always)
  tell(world, touched, `${String(touched.length)} of ${String(roots.length)} roots, ${change.basis}`)
  if (touched.length > inputs.maxRoots) throw tooMany(touched, inputs.maxRoots)
  world.outputs.set('roots', JSON.stringify(touched.map(({root}) => root)))
  world.outputs.set('count', String(touched.length))
  world.outputs.set('reasons', JSON.stringify(Object.fromEntries(touched.map(({root, because}) => [root, because]))))
  world.outputs.set('status', 'succeeded')
}

async function readConfiguration(world: World, git: Git): Promise<Configuration> {
  const patterns = ['*.tf', '*.tf.json', '*.tofu', '*.tofu.json']
  const listed = (await git('ls-files', '-z', '--', ...patterns)) ?? ''
  const paths = listed.split('\0').filter((path) => path !== '')
  const read = async (path: string): Promise<[string, string]> => [
    path,
    // A file that a step before removed is still listed.
    await readFile(join(workspace(world.env), path), 'utf8').catch(() => ''),
  ]
  return new Configuration(new Map(await Promise.all(paths.map(read))))
}

function tell(world: World, touched: readonly Touched[], headline: string): void {
  world.log.line(`✓ ${headline}`)
  for (const one of touched) world.log.line(`  ${one.root}  ${reasons(one, (path) => path)}`)
  const rows = touched.map((one) => [code(one.root), reasons(one, code)])
  const list = rows.length === 0 ? '' : table({columns: ['root', 'touched by'], rows})
  world.summary.add(`### Terraform roots: ${headline}\n\n${list}`)
}

// File names are the author's of a pull request: each place shows them as what they are.
function reasons({because}: Touched, show: (path: string) => string): string {
  if (because.length === 0) return 'every root counts'
  const shown = because.slice(0, 3).map(({file, through}) => {
    return through.length === 0 ? show(file) : `${show(file)} (through ${through.map(show).join(' → ')})`
  })
  return [...shown, ...(because.length > 3 ? [`${String(because.length - 3)} more`] : [])].join('; ')
}

function tooMany(touched: readonly Touched[], limit: number): Failure {
  return new Failure({
    reason: 'invalid-input',
    subject: 'Terraform roots',
    cause: `the change touches ${String(touched.length)} roots, and "max-roots" is ${String(limit)}`,
    advice: 'raise max-roots if all of them are to be planned, or change the shared module in steps',
  })
}
