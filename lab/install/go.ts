import {readFileSync} from 'node:fs'
import {dirname, join} from 'node:path'
import {fileURLToPath} from 'node:url'
import {findTool} from '../core/machine.ts'
import {must} from '../core/run.ts'
import {fingerprint, type Install} from './install.ts'

const RECIPES = join(dirname(fileURLToPath(import.meta.url)), '..', 'recipes')

/** Programs built from Go modules. */
export interface GoRecipe {
  readonly name: string
  /** Folder under lab/recipes whose go.mod and go.sum pin every module by version and checksum. */
  readonly recipe: string
  readonly packages: readonly string[]
  /** Variables of the program set by the linker, which is how these projects learn their version. */
  readonly linked?: Readonly<Record<string, string>>
  /** Go files of the recipe itself, for a program that is put together there. */
  readonly sources?: readonly string[]
  /** Further environment of the build. */
  readonly env?: Readonly<Record<string, string>>
}

/**
 * An installation that compiles Go programs into `<folder>/bin`.
 * @throws Error when there is no Go on this machine.
 */
export function goPrograms(recipe: GoRecipe): Install {
  if (!findTool('go')) {
    throw new Error(`Building ${recipe.name} needs Go 1.24 or newer on PATH: see https://go.dev/dl`)
  }
  const source = join(RECIPES, recipe.recipe)
  const linked = Object.entries(recipe.linked ?? {}).map(([key, value]) => `-X ${key}=${value}`)
  const flags = ['-mod=readonly', '-trimpath', '-ldflags', ['-s', '-w', ...linked].join(' ')]
  const extra = Object.entries(recipe.env ?? {}).map(([key, value]) => `${key}=${value}`)
  const pins = ['go.mod', 'go.sum', ...(recipe.sources ?? [])].map((file) => readFileSync(join(source, file), 'utf8'))
  return {
    name: recipe.name,
    fingerprint: fingerprint('go-1', process.arch, ...pins, ...flags, ...extra, ...recipe.packages),
    lane: 'cpu',
    async build(folder) {
      const env = {...process.env, CGO_ENABLED: '0', GOFLAGS: '-buildvcs=false', GOWORK: 'off', ...recipe.env}
      await must(['go', 'build', ...flags, '-o', `${join(folder, 'bin')}/`, ...recipe.packages], {cwd: source, env})
    },
  }
}

/** The text of a file among the recipes. */
export function recipeText(...path: readonly string[]): string {
  return readFileSync(join(RECIPES, ...path), 'utf8')
}

/** Where a recipe lies. */
export function recipeFolder(name: string): string {
  return join(RECIPES, name)
}
