import {mkdtempSync, rmSync} from 'node:fs'
import {tmpdir} from 'node:os'
import {join} from 'node:path'
import {systemProcesses} from '../../../actions/shared/core/exec.ts'
import {checkSignature} from '../../../actions/shared/terraform/release-signature.ts'
import {exactVersion, isConstraint, newest, satisfies} from '../../../actions/shared/terraform/version-constraint.ts'
import {findOnPath} from '../../support/find-on-path.ts'
import {startReleases} from '../../support/release-server.ts'
import {fakeWorld} from '../../support/world.ts'

test.each<[string, string, boolean]>([
  ['1.11.4', '1.11.4', true],
  ['1.11.4', '= 1.11.4', true],
  ['1.11.4', '1.11', true],
  ['1.12.0', '1.11', false],
  ['1.11.4', '~1.11', true],
  ['1.12.0', '~1.11', false],
  ['1.12.0', '~> 1.11', true],
  ['2.0.0', '~> 1.11', false],
  ['1.12.0', '~> 1.11.0', false],
  ['0.14.0', '~> 0.13', true],
  ['1.11.4', '>= 1.9, < 2.0', true],
  ['1.11.4', '>= 1.9, < 2.0, != 1.11.4', false],
  ['1.12.0-rc1', '>= 1.9', false],
  ['1.12.0-rc1', '1.12.0-rc1', true],
  ['1.12.0', 'latest', true],
])('%s is in %s: %s', (version, constraint, expected) => {
  expect(satisfies(version, constraint)).toBe(expected)
})

test.each(['newest', '1.x.y.z', '!= one', '>= 1.9, soon'])('%s is no version', (text) => {
  expect(isConstraint(text)).toBe(false)
})

test('a version that is named exactly needs no list; of a list the newest that fits is taken', () => {
  expect([exactVersion('= 1.9.1'), exactVersion('1.9'), exactVersion('~1.9.1')]).toEqual([
    '1.9.1',
    undefined,
    undefined,
  ])
  expect(newest(['1.9.1', '1.10.0', '1.9.10', 'nonsense'], '~1.9.0')).toBe('1.9.10')
  expect(newest(['1.9.1'], '>= 2')).toBeUndefined()
})

test("a good signature of another key than the maker's is refused", async () => {
  const room = mkdtempSync(join(tmpdir(), 'slipway-key-'))
  const server = await startReleases(room, ['1.9.1'], findOnPath('terraform'))
  try {
    server.files.set('/key.asc', Buffer.from(server.key))
    const sums = '/terraform/1.9.1/terraform_1.9.1_SHA256SUMS'
    const [signed, signature] = [server.files.get(sums)!, server.files.get(`${sums}.sig`)!]
    const world = fakeWorld({env: {RUNNER_TEMP: room}, processes: systemProcesses})
    const key = {url: `${server.url}/key.asc`, fingerprint: 'C874011F0AB405110D02105534365D9472D7468F'}
    const check = checkSignature(world, {signed, signature, url: `${server.url}${sums}`}, key)
    await expect(check).rejects.toThrow(/does not hold: it was signed by [0-9A-F]{40}\. Nothing was installed\./)
  } finally {
    await server.close()
    rmSync(room, {recursive: true, force: true})
  }
})
