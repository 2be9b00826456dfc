import {readFileSync} from 'node:fs'
import {join} from 'node:path'
import fc from 'fast-check'
import {mergeReceipts} from '../../actions/delivery-report/src/delivery.ts'
import {deliverySchema} from '../../actions/delivery-report/src/delivery-schema.ts'
import {receiptSchema, STAGES} from '../../actions/shared/report/receipt.ts'
import {publishedSchemas} from '../../scripts/schemas.ts'
import {schemaProblem} from '../support/published-schemas.ts'
import {receiptOf} from '../support/receipts.ts'

const root = join(import.meta.dirname, '../..')
const env = {GITHUB_REPOSITORY: 'acme/streaming', GITHUB_SHA: '4c1f2e9000000000000000000000000000000000'}

test('what docs/schema publishes is what the actions check with', () => {
  for (const [name, schema] of publishedSchemas()) {
    const published: unknown = JSON.parse(readFileSync(join(root, 'docs/schema', name), 'utf8'))
    expect([name, published]).toEqual([name, schema])
  }
})

test('a receipt of every stage, and the delivery made of them, are as published', () => {
  const receipts = STAGES.map((stage) => receiptOf(stage, {waits: {'health checks': 12}, retries: {AWS: 3}}))
  for (const receipt of receipts) expect(schemaProblem('receipt-v1', receipt)).toBe('')
  expect(schemaProblem('delivery-v1', mergeReceipts(env, receipts, new Map()))).toBe('')
})

test('a reader of today takes what a later version adds', () => {
  expect(schemaProblem('receipt-v1', {...receiptOf('ecs'), later: 1})).toBe('')
})

// A document that is wrong in one place is refused by both: the file promises what the code holds.
test('the published schema and the code refuse the same documents', () => {
  const good = receiptOf('ecs', {waits: {a: 1}, retries: {AWS: 1}})
  const key = fc.constantFrom(...(Object.keys(good) as (keyof typeof good)[]))
  fc.assert(
    fc.property(key, fc.jsonValue(), (name, value) => {
      const document = {...good, [name]: value}
      expect([document, schemaProblem('receipt-v1', document) === '']).toEqual([
        document,
        receiptSchema.safeParse(document).success,
      ])
    }),
  )
})

test.each([
  ['another kind', {schema: 'slipway.delivery/v2'}],
  ['a link that is no digest', {chain: ['sha256:1']}],
  ['a stage that is none', {stages: [{stage: 'ecs'}]}],
  ['a signature of another kind', {signature: {algorithm: 'none', key: '', value: ''}}],
])('%s is refused by both', (_what, change) => {
  const document = {...mergeReceipts(env, [receiptOf('build')], new Map()), ...change}
  expect(schemaProblem('delivery-v1', document)).not.toBe('')
  expect(deliverySchema.safeParse(document).success).toBe(false)
})
