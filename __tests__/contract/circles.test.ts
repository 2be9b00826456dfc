import {readdirSync, readFileSync} from 'node:fs'
import {dirname, join, relative, resolve} from 'node:path'
import {expect, test} from '@jest/globals'

const root = join(import.meta.dirname, '../..')

type Imports = ReadonlyMap<string, readonly string[]>

/** Every TypeScript file below a folder with the files of ours that it imports, types included; what `import()` loads later is left out. */
function importsBelow(folder: string): Imports {
  const files = readdirSync(folder, {recursive: true, encoding: 'utf8'}).filter((file) => file.endsWith('.ts'))
  return new Map(
    files.map((file) => {
      const path = join(folder, file)
      const found = readFileSync(path, 'utf8').matchAll(/^(?:import|export)\s(?:[^'"]*?\sfrom\s)?'(\.[^']+)'/gm)
      return [path, [...found].map(([, from = '']) => resolve(dirname(path), from))] as const
    }),
  )
}

/** The ways on which files come back to themselves, each as the list of its files; a file is in one of them at most. */
function circlesIn(imports: Imports): string[][] {
  const circles: string[][] = []
  const done = new Set<string>()
  const walk = (file: string, way: readonly string[]): void => {
    const at = way.indexOf(file)
    if (at !== -1) circles.push(way.slice(at).map((one) => relative(root, one)))
    if (at !== -1 || done.has(file)) return
    for (const next of imports.get(file) ?? []) walk(next, [...way, file])
    done.add(file)
  }
  for (const file of imports.keys()) walk(file, [])
  return circles
}

test.each(['actions', 'lab', 'bench', 'scripts', '__tests__/support', '__tests__/faults'])(
  'no file of %s comes back to itself by its imports',
  (folder) => {
    const imports = importsBelow(join(root, folder))
    expect(imports.size).toBeGreaterThan(5)
    expect(circlesIn(imports)).toEqual([])
  },
)

test('a circle is found, and where two ways meet there is none', () => {
  expect(
    circlesIn(
      new Map([
        [join(root, 'a'), [join(root, 'b'), join(root, 'c')]],
        [join(root, 'b'), [join(root, 'd')]],
        [join(root, 'c'), [join(root, 'd')]],
        [join(root, 'd'), [join(root, 'c')]],
      ]),
    ),
  ).toEqual([['d', 'c']])
})
