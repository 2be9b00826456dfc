import {readFileSync} from 'node:fs'
import {join} from 'node:path'
import {expect, test} from '@jest/globals'

const page = readFileSync(join(import.meta.dirname, '../../../docs/migrate/ecr-build-push.md'), 'utf8')
const actionYml = readFileSync(join(import.meta.dirname, '../../../actions/ecr-build-push/action.yml'), 'utf8')

/** The inputs of the four steps that this one replaces, as their action.yml files declare them. */
const PEERS: readonly (readonly [heading: string, action: string, inputs: string])[] = [
  [
    '## From docker/build-push-action',
    'docker/build-push-action',
    'add-hosts allow annotations attests build-args build-contexts builder cache-from cache-to call cgroup-parent context file github-token labels load network no-cache no-cache-filters outputs platforms provenance pull push sbom secret-envs secret-files secrets shm-size ssh tags target ulimit',
  ],
  [
    '## From docker/metadata-action',
    'docker/metadata-action',
    'annotations bake-target context flavor github-token images labels sep-annotations sep-labels sep-tags tags',
  ],
  ['## From docker/login-action', 'docker/login-action', 'ecr logout password registry registry-auth scope username'],
  [
    '## From docker/login-action',
    'aws-actions/amazon-ecr-login',
    'http-proxy mask-password registries registry-type skip-logout',
  ],
]

const CASES = PEERS.flatMap(([heading, action, inputs]) =>
  inputs.split(' ').map((input) => [action, input, heading] as const),
)

test.each(CASES)('the migration page says what becomes of %s: %s', (_action, input, heading) => {
  const section = page.slice(page.indexOf(heading)).split('\n## ')[0] ?? ''
  const row = section.split('\n').find((line) => new RegExp(`^\\|[^|]*\`${input}(?:\`|: )`).test(line))
  expect(row).toBeDefined()
})

test('what the page calls the same name is an input here', () => {
  const row = page.split('\n').find((line) => line.includes('the same names, the same values')) ?? ''
  const names = [...(row.split('|')[1] ?? '').matchAll(/`([a-z-]+)`/g)].map(([, name]) => name ?? '')
  expect(names.length).toBeGreaterThan(20)
  for (const name of names) expect(actionYml).toContain(`\n  ${name}:\n`)
})
