import {existsSync} from 'node:fs'
import {join} from 'node:path'
import {findTool} from './core/machine.ts'
import {labPaths} from './core/paths.ts'
import {lineProgress} from './core/progress.ts'
import {goPrograms} from './install/go.ts'
import type {GoRecipe} from './install/go.ts'
import {installAll, installFolder, isInstalled} from './install/install.ts'

/**
 * Programs that make more of the tests possible and that no demo needs: they take minutes to build, so `up` leaves them out
 * and `npm run lab -- add <name>` builds them into the lab's cache.
 */
const RECIPES = {
  tofu: {
    name: 'opentofu',
    recipe: 'opentofu',
    packages: ['github.com/opentofu/opentofu/cmd/tofu'],
    linked: {'github.com/opentofu/opentofu/version.dev': 'no'},
  },
  // Trivy reads JSON by an experiment of the standard library.
  'trivy-config': {
    name: 'trivy-config',
    recipe: 'trivy',
    packages: ['.'],
    sources: ['main.go'],
    env: {GOEXPERIMENT: 'jsonv2'},
  },
  tflint: {name: 'tflint', recipe: 'tflint', packages: ['github.com/terraform-linters/tflint']},
} as const satisfies Readonly<Record<string, GoRecipe>>

/** A program that {@link optionalTool} knows. */
export type OptionalTool = keyof typeof RECIPES

/** Their names. */
export const OPTIONAL_TOOLS = Object.keys(RECIPES) as readonly OptionalTool[]

/** Where the program is: on PATH, else in the lab's cache; undefined when it is in neither. */
export function optionalTool(tool: OptionalTool, env: NodeJS.ProcessEnv = process.env): string | undefined {
  const path = join(installFolder(labPaths(env), RECIPES[tool].name), 'bin', tool)
  return findTool(tool, env) ?? (existsSync(path) ? path : undefined)
}

/**
 * Builds those of the programs that are not in the lab's cache yet. @param names all of them when empty
 * @throws {Error} for a name that is none, without Go, or when one cannot be built
 */
export async function addOptional(names: readonly string[], say: (line: string) => void): Promise<void> {
  const unknown = names.filter((name) => !(name in RECIPES))
  if (unknown.length > 0)
    throw new Error(`The lab knows no program ${unknown.join(', ')}: use ${OPTIONAL_TOOLS.join(', ')}.`)
  const wanted = OPTIONAL_TOOLS.filter((tool) => names.length === 0 || names.includes(tool))
  const paths = labPaths()
  const installs = wanted.map((tool) => goPrograms(RECIPES[tool]))
  for (const {name} of installs.filter((install) => isInstalled(paths, install))) say(`${name} is there already.`)
  await installAll(paths, installs, lineProgress(say))
}
