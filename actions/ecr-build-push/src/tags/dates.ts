import {InputError} from '../../../shared/core/errors.ts'

const DAY_MS = 86_400_000
const WEEK_DAYS = 7
const NOON = 12

/** A moment on the clocks of one time zone. */
interface Civil {
  readonly date: Date
  readonly year: number
  /** 1 to 12. */
  readonly month: number
  readonly day: number
  readonly hour: number
  readonly minute: number
  readonly second: number
  /** `+02:00`. */
  readonly offset: string
}

/** The tokens of moment.js (https://momentjs.com/docs/#/displaying/format/), which docker/metadata-action documents. */
const TOKENS: Readonly<Record<string, (now: Civil) => string>> = {
  YYYY: ({year}) => pad(year, 4),
  YY: ({year}) => pad(year % 100, 2),
  MMMM: (now) => name(now, {month: 'long'}),
  MMM: (now) => name(now, {month: 'short'}),
  MM: ({month}) => pad(month, 2),
  M: ({month}) => String(month),
  DDDD: (now) => pad(dayOfYear(now), 3),
  DDD: (now) => String(dayOfYear(now)),
  DD: ({day}) => pad(day, 2),
  D: ({day}) => String(day),
  dddd: (now) => name(now, {weekday: 'long'}),
  ddd: (now) => name(now, {weekday: 'short'}),
  E: (now) => String(weekday(now)),
  GGGG: (now) => pad(isoWeek(now).year, 4),
  WW: (now) => pad(isoWeek(now).week, 2),
  W: (now) => String(isoWeek(now).week),
  HH: ({hour}) => pad(hour, 2),
  H: ({hour}) => String(hour),
  hh: ({hour}) => pad(hour % NOON || NOON, 2),
  h: ({hour}) => String(hour % NOON || NOON),
  mm: ({minute}) => pad(minute, 2),
  m: ({minute}) => String(minute),
  ss: ({second}) => pad(second, 2),
  s: ({second}) => String(second),
  SSS: ({date}) => pad(date.getUTCMilliseconds(), 3),
  A: ({hour}) => (hour < NOON ? 'AM' : 'PM'),
  a: ({hour}) => (hour < NOON ? 'am' : 'pm'),
  ZZ: ({offset}) => offset.replace(':', ''),
  Z: ({offset}) => offset,
  X: ({date}) => String(Math.floor(date.getTime() / 1000)),
  x: ({date}) => String(date.getTime()),
}
const TOKEN = /\[([^\]]*)\]|YYYY|YY|GGGG|M{1,4}|D{1,4}|d{3,4}|WW?|HH?|hh?|mm?|ss?|SSS|ZZ?|[EAaXx]/g

/**
 * A moment in the notation of moment.js: `YYYYMMDD-HHmm`. Text in square brackets stays as it is.
 * @param zone an IANA time zone
 * @throws {InputError} for an unknown time zone
 */
export function formatDate(date: Date, format: string, zone = 'UTC'): string {
  const civil = inZone(date, zone)
  return format.replace(TOKEN, (token, literal: string | undefined) => literal ?? TOKENS[token]?.(civil) ?? token)
}

function inZone(date: Date, timeZone: string): Civil {
  const part = partsOf(date, timeZone)
  const number = (type: Intl.DateTimeFormatPartTypes): number => Number(part(type))
  return {
    date,
    year: number('year'),
    month: number('month'),
    day: number('day'),
    hour: number('hour'),
    minute: number('minute'),
    second: number('second'),
    offset: part('timeZoneName').replace('GMT', '') || '+00:00',
  }
}

function partsOf(date: Date, timeZone: string): (type: Intl.DateTimeFormatPartTypes) => string {
  const numeric = {year: 'numeric', month: 'numeric', day: 'numeric', hour: 'numeric', minute: 'numeric'} as const
  try {
    const options = {...numeric, second: 'numeric', hourCycle: 'h23', timeZoneName: 'longOffset', timeZone} as const
    const parts = new Intl.DateTimeFormat('en-US', options).formatToParts(date)
    return (type) => parts.find((part) => part.type === type)?.value ?? ''
  } catch {
    throw new InputError(`Input "tags" has the time zone "${timeZone}": use an IANA name, for example Europe/Berlin.`)
  }
}

function midnight({year, month, day}: Civil): number {
  return Date.UTC(year, month - 1, day)
}

function name(now: Civil, options: Intl.DateTimeFormatOptions): string {
  return new Intl.DateTimeFormat('en-US', {...options, timeZone: 'UTC'}).format(midnight(now))
}

function dayOfYear(now: Civil): number {
  return (midnight(now) - Date.UTC(now.year, 0, 1)) / DAY_MS + 1
}

// ISO 8601: Monday is 1.
function weekday(now: Civil): number {
  return new Date(midnight(now)).getUTCDay() || WEEK_DAYS
}

// ISO 8601: a week belongs to the year of its Thursday.
function isoWeek(now: Civil): {year: number; week: number} {
  const thursday = new Date(midnight(now) + (4 - weekday(now)) * DAY_MS)
  const year = thursday.getUTCFullYear()
  return {year, week: Math.floor((thursday.getTime() - Date.UTC(year, 0, 1)) / DAY_MS / WEEK_DAYS) + 1}
}

function pad(value: number, digits: number): string {
  return String(value).padStart(digits, '0')
}
