import type {Config} from 'jest'

const transform: Config['transform'] = {'\\.ts$': '<rootDir>/__tests__/support/strip-types.ts'}

const project = (displayName: string, folders: string[], files = '**'): NonNullable<Config['projects']>[number] => ({
  displayName,
  rootDir: '.',
  testMatch: folders.map((folder) => `<rootDir>/__tests__/${folder}/${files}/*.test.ts`),
  extensionsToTreatAsEsm: ['.ts'],
  transform,
  testPathIgnorePatterns: ['/node_modules/'],
  modulePathIgnorePatterns: ['<rootDir>/dist/', '<rootDir>/build/', '<rootDir>/sample-app/'],
})

/**
 * The test rooms, from the fastest to the most real. `npm test` runs all of them; `--selectProjects unit` runs one.
 */
const config: Config = {
  // It ends what hangs, and judges nothing: on a busy machine a start of an action alone takes longer than the usual 5 s.
  testTimeout: 120_000,
  projects: [
    project('unit', ['actions', 'shared', 'lab-unit', 'scripts', 'bench']),
    project('contract', ['contract']),
    project('dist', ['dist']),
    project('faults', ['faults']),
    project('lab', ['lab'], '.'),
    project('chain', ['lab/chain']),
  ],
  reporters: ['default', '<rootDir>/__tests__/support/tally.ts'],
}

export default config
