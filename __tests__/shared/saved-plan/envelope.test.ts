import fc from 'fast-check'
import {Failure} from '../../../actions/shared/core/diagnosis.ts'
import {pack, unpack} from '../../../actions/shared/saved-plan/envelope.ts'
import type {Binding, Parcel} from '../../../actions/shared/saved-plan/envelope.ts'
import {sealKey} from '../../../actions/shared/saved-plan/sealed-file.ts'

const KEY = 'a secret of some length'
const binding: Binding = {
  repository: 'acme/streaming',
  headSha: 'a'.repeat(40),
  baseSha: '',
  run: '1001/1',
  workingDirectory: 'terraform',
  workspace: 'default',
  backendType: 's3',
  backendPlace: {bucket: 'b', key: 'k'},
  tool: 'terraform',
  toolVersion: '1.11.4',
  lockFile: 'sha256:1',
  planHash: 'sha256:2',
  planDigest: 'sha256:3',
  plannedAt: '2026-01-01T00:00:00.000Z',
}
const parcel: Parcel = {
  binding,
  files: new Map([
    ['plan.tfplan', Buffer.from('the plan with s3cr3t')],
    ['empty', new Uint8Array()],
    ['.terraform.lock.hcl', Buffer.from('lock')],
  ]),
}

function refusal(bytes: Uint8Array, key?: string): string {
  try {
    unpack(bytes, key)
  } catch (error) {
    if (error instanceof Failure && error.diagnosis.reason === 'plan-rejected') return error.diagnosis.cause
    throw error
  }
  return 'it was opened'
}

const plain = ({binding: bound, files}: Parcel): unknown => [
  bound,
  [...files].map(([name, content]) => [name, Buffer.from(content).toString()]),
]

test.each([['sealed', KEY] as const, ['open', undefined] as const])(
  'what is packed %s comes out as it was',
  async (_how, key) => {
    expect(plain(unpack(pack(parcel, key === undefined ? undefined : await sealKey(key)), key))).toEqual(plain(parcel))
  },
)

test('under the seal nothing of the content can be read; what it is bound to can', async () => {
  const text = pack(parcel, await sealKey(KEY)).toString('latin1')
  expect(text).not.toContain('s3cr3t')
  expect(text).toContain('acme/streaming')
  expect(text).not.toContain(KEY)
})

test('two seals of one plan share neither salt nor nonce', async () => {
  const [one, two] = [pack(parcel, await sealKey(KEY)), pack(parcel, await sealKey(KEY))]
  expect(one.subarray(-40).equals(two.subarray(-40))).toBe(false)
})

// scrypt takes about 0.1 s per opening, so each class of bytes is tried at its ends and some places between.
test('a change of any byte of a sealed plan is seen: magic, length, header, salt, nonce, body, tag', async () => {
  const sealed = pack(parcel, await sealKey(KEY))
  const headerEnd = 15 + 4 + sealed.readUInt32BE(15)
  const saltAt = sealed.indexOf('"salt":"') + 8
  const nonceAt = sealed.indexOf('"nonce":"') + 9
  const places = {
    magic: [0, 14],
    length: [15, 17, 18],
    header: [19, sealed.indexOf('acme'), sealed.indexOf('"bytes":') + 8, headerEnd - 1],
    salt: [saltAt, saltAt + 10],
    nonce: [nonceAt, nonceAt + 8],
    body: [headerEnd, headerEnd + 5, sealed.length - 17],
    tag: [sealed.length - 16, sealed.length - 1],
  }
  for (const at of Object.values(places).flat()) {
    const changed = Buffer.from(sealed)
    changed[at] = changed[at]! ^ 1
    expect([at, refusal(changed, KEY)]).toEqual([at, expect.stringMatching(/seal .* does not hold|not a plan/)])
  }
})

test('a plan bound to another commit by hand is refused', async () => {
  const sealed = pack(parcel, await sealKey(KEY))
  const at = sealed.indexOf('a'.repeat(40))
  sealed.write('b'.repeat(40), at)
  expect(refusal(sealed, KEY)).toContain('does not hold')
})

test('cut or lengthened plans are refused', async () => {
  const [sealed, open] = [pack(parcel, await sealKey(KEY)), pack(parcel, undefined)]
  for (const cut of [0, 10, 19, 200, sealed.length - 1])
    expect(refusal(sealed.subarray(0, cut), KEY)).not.toBe('it was opened')
  expect(refusal(Buffer.concat([sealed, Buffer.from('x')]), KEY)).toContain('does not hold')
  expect(refusal(Buffer.concat([open, Buffer.from('x')]))).toContain('does not hold')
})

test('the key decides', async () => {
  expect(refusal(pack(parcel, await sealKey(KEY)), 'another secret of length')).toContain('another one')
  expect(refusal(pack(parcel, await sealKey(KEY)))).toBe('the plan is sealed and "plan-key" is not given')
  expect(refusal(pack(parcel, undefined), KEY)).toBe('the plan is not sealed although "plan-key" is given')
})

test('whatever else is there is not a plan, and nothing but that', () => {
  fc.assert(
    fc.property(fc.uint8Array({maxLength: 300}), fc.boolean(), (bytes, magic) => {
      const file = magic ? Buffer.concat([Buffer.from('SLIPWAY-PLAN/1\n'), bytes]) : bytes
      expect(refusal(file)).toBe('the file is not a plan that terraform-plan saved')
    }),
  )
})
