import {Configuration} from '../../../actions/terraform-roots/src/modules.ts'
import {findRoots, touchedRoots} from '../../../actions/terraform-roots/src/touched.ts'

const backend = 'terraform {\n  backend "s3" {}\n}\n'
const call = (source: string): string => `module "m" {\n  source = "${source}"\n}\n`
const configuration = new Configuration(
  new Map([
    ['envs/prod/main.tf', backend + call('../../modules/service')],
    [
      'envs/staging/main.tf',
      `${backend}${call('../../modules/service').replace(/^/gm, '# ')}\n/* ${call('../../modules/queue')} */`,
    ],
    ['envs/json/main.tf.json', '{"terraform":{"backend":{"s3":{}}},"module":{"m":{"source":"../../modules/queue/"}}}'],
    ['envs/cloud/main.tf', 'terraform {\n  cloud {\n  }\n}\n' + call('git::https://example.test//modules/service')],
    ['modules/service/main.tf', call('../network')],
    ['modules/network/main.tf', 'locals {}\n'],
    ['modules/queue/main.tf', 'locals {}\n'],
    ['main.tf', backend],
  ]),
)
const roots = findRoots(configuration, [])
const touched = (...files: string[]): string[] =>
  touchedRoots(configuration, roots, files, ['.github/workflows/*.yml']).map(({root}) => root)

test('a root is a folder that says where its state is', () => {
  expect(roots).toEqual(['.', 'envs/cloud', 'envs/json', 'envs/prod', 'envs/staging'])
})

test.each([
  ['its own file', ['envs/prod/main.tf'], ['envs/prod']],
  ['a template below it', ['envs/prod/files/policy.json'], ['envs/prod']],
  ['a module it calls', ['modules/service/main.tf'], ['envs/prod']],
  ['a module that its module calls', ['modules/network/variables.tf'], ['envs/prod']],
  ['a template of a module', ['modules/network/templates/user-data.sh'], ['envs/prod']],
  ['a module that JSON configuration calls', ['modules/queue/main.tf'], ['envs/json']],
  ['a file that concerns all', ['.github/workflows/terraform.yml'], roots],
  ['a file of the top root only', ['main.tf'], ['.']],
  ['a file that is none of the others', ['docs/readme.md'], ['.']],
  ['nothing', [], []],
])('%s', (_what, files, expected) => {
  expect(touched(...files)).toEqual(expected)
})

test('a root is not touched by a module that it only mentions in a comment, or calls from elsewhere', () => {
  expect(touched('modules/service/main.tf')).not.toContain('envs/staging')
  expect(touched('modules/queue/main.tf')).not.toContain('envs/staging')
  expect(touched('modules/service/main.tf')).not.toContain('envs/cloud')
})

test('the way from a root to what touches it is told', () => {
  expect(touchedRoots(configuration, ['envs/prod'], ['modules/network/main.tf'], [])).toEqual([
    {
      root: 'envs/prod',
      because: [{file: 'modules/network/main.tf', through: ['modules/service', 'modules/network']}],
    },
  ])
})

test('modules that call each other in a circle end', () => {
  const circle = new Configuration(
    new Map([
      ['a/main.tf', backend + call('../b')],
      ['b/main.tf', call('../a')],
    ]),
  )
  expect(touchedRoots(circle, ['a'], ['b/main.tf'], []).map(({root}) => root)).toEqual(['a'])
})

test('roots can be named and taken out', () => {
  expect(findRoots(configuration, ['envs/*', '!envs/cloud'])).toEqual(['envs/json', 'envs/prod', 'envs/staging'])
  expect(findRoots(configuration, ['modules/queue'])).toEqual(['modules/queue'])
  expect(findRoots(configuration, ['!envs/*'])).toEqual(['.'])
})

test('a root that is not there is refused, with those that are', () => {
  expect(() => findRoots(configuration, ['env/*'])).toThrow(
    /Input "roots" has "env\/\*", and no folder of that name holds \.tf files: there are \., envs\/cloud, .* and 3 more/,
  )
})
