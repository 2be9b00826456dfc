import fc from 'fast-check'
import {humanDuration, stopwatch, systemClock} from '../../../actions/shared/core/clock.ts'
import {CancelledError} from '../../../actions/shared/core/errors.ts'
import {code, codeBlock, escapeMarkdown, table} from '../../../actions/shared/core/markdown.ts'
import {makeMask} from '../../../actions/shared/core/mask.ts'
import {makeSummary} from '../../../actions/shared/core/summary.ts'

describe('masking', () => {
  test('a secret of several lines is hidden line by line, but not its braces', () => {
    const told: string[] = []
    const mask = makeMask((secret) => told.push(secret))
    mask.add('{\n  "key": "abcdef"\n}')
    expect(told).toEqual(['{\n  "key": "abcdef"\n}', '"key": "abcdef"'])
    expect(mask.scrub('x {"key": "abcdef"} y')).toBe('x {***} y')
  })
  test('blank text masks nothing', () => {
    const told: string[] = []
    makeMask((secret) => told.push(secret)).add(' \n ')
    expect(told).toEqual([])
  })
  test('a secret that holds another is hidden whole', () => {
    const mask = makeMask(() => undefined)
    mask.add('abcd')
    mask.add('abcdefgh')
    expect(mask.scrub('abcdefgh abcd')).toBe('*** ***')
  })
  test('no known secret survives scrubbing, whatever the text', () => {
    fc.assert(
      fc.property(
        fc.string({minLength: 4, unit: 'grapheme-ascii'}).filter((s) => s.trim().length >= 4 && !s.includes('***')),
        fc.string(),
        (secret, text) => {
          const mask = makeMask(() => undefined)
          mask.add(secret)
          return !mask.scrub(`${text}${secret}${text}`).includes(secret)
        },
      ),
    )
  })
})

describe('markdown', () => {
  test('a table cell cannot break the table', () => {
    expect(table({columns: ['a', 'b'], rows: [['x|y', 'l1\nl2']]})).toBe(
      '| a | b |\n| --- | --- |\n| x\\|y | l1<br>l2 |',
    )
  })
  test('text cannot become HTML, a mention or formatting', () => {
    expect(escapeMarkdown('<img src=x> @octocat *b* [l](u)')).toBe(
      '&lt;img src=x&gt; @<!-- -->octocat \\*b\\* \\[l\\](u)',
    )
  })
  test('code cannot be ended from inside', () => {
    expect(code('a`b')).toBe('``a`b``')
    expect(code('`x`')).toBe('`` `x` ``')
    expect(codeBlock('```\nrm -rf\n```', 'sh')).toBe('````sh\n```\nrm -rf\n```\n````')
  })
})

describe('summary', () => {
  test('one above the limit of GitHub is cut at a line and says so, instead of being refused whole', () => {
    const summary = makeSummary(
      {},
      makeMask(() => undefined),
    )
    summary.add(`${'ä'.repeat(99)}\n`.repeat(12_000))
    expect(Buffer.byteLength(summary.text())).toBeLessThan(1_048_576)
    expect(summary.text()).toMatch(/\nä{99}\n\n\*The rest is cut: /)
  })
})

describe('time', () => {
  test.each([
    [400, '0.4 s'],
    [12_000, '12 s'],
    [221_000, '3 min 41 s'],
    [3_720_000, '1 h 02 min'],
    [-5, '0 s'],
    [9_999, '10.0 s'],
  ])('%d ms is %s', (ms, text) => {
    expect(humanDuration(ms)).toBe(text.replace('10.0', '10'))
  })
  test('the stopwatch does not wrap at an hour', () => {
    expect([stopwatch(9_000), stopwatch(3_660_000)]).toEqual(['00:09', '61:00'])
  })
  test('a cancelled sleep ends at once with the reason', async () => {
    const controller = new AbortController()
    const sleep = systemClock.sleep(60_000, controller.signal)
    controller.abort(new CancelledError())
    await expect(sleep).rejects.toThrow(CancelledError)
  })
})
