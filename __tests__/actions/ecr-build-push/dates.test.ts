import {expect, test} from '@jest/globals'
import {formatDate} from '../../../actions/ecr-build-push/src/tags/dates.ts'

const NEW_YEAR = new Date('2027-01-01T00:30:05.042Z')

test.each([
  ['YYYY-MM-DD', 'UTC', '2027-01-01'],
  ['YYYYMMDD-HHmmss', 'America/New_York', '20261231-193005'],
  ['YY M D', 'Asia/Tokyo', '27 1 1'],
  ['MMMM MMM dddd ddd', 'UTC', 'January Jan Friday Fri'],
  ['DDD DDDD', 'America/New_York', '365 365'],
  ['GGGG-[W]WW-E', 'UTC', '2026-W53-5'],
  ['hh:mm A, h a', 'America/New_York', '07:30 PM, 7 pm'],
  ['hh A', 'UTC', '12 AM'],
  ['Z ZZ', 'Asia/Kolkata', '+05:30 +0530'],
  ['Z', 'UTC', '+00:00'],
  ['SSS s m H', 'UTC', '042 5 30 0'],
  ['X x', 'UTC', '1798763405 1798763405042'],
  ['[today] YYYY', 'UTC', 'today 2027'],
])('%s in %s is %s', (format, zone, expected) => {
  expect(formatDate(NEW_YEAR, format, zone)).toBe(expected)
})

test("a time zone that does not exist is the user's mistake", () => {
  expect(() => formatDate(NEW_YEAR, 'YYYY', 'Mars/Phobos')).toThrow('Input "tags" has the time zone "Mars/Phobos"')
})
