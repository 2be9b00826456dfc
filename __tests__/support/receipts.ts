import type {Receipt} from '../../actions/shared/report/receipt.ts'

/** The digest that the build of {@link receiptOf} receipts made. */
export const BUILT = `sha256:${'51ab'.repeat(16)}`

/** A good receipt of a stage, as its action writes it. @param change what the test wants to be different */
export function receiptOf(stage: Receipt['stage'], change: Partial<Receipt> = {}): Receipt {
  return {
    schema: 'slipway.receipt/v1',
    stage,
    subject: stage === 'ecs' ? 'APIService' : 'streaming-api',
    status: 'succeeded',
    headline: `${stage} done`,
    startedAt: '2026-01-01T10:00:00.000Z',
    tookMs: 31_000,
    commit: '4c1f2e9000000000000000000000000000000000',
    run: '1001/1',
    now: {digest: BUILT},
    before: {},
    ...change,
  }
}
