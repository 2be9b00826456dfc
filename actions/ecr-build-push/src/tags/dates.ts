import {DateTime} from 'luxon'
import {InputError} from '../../../shared/core/errors.ts'

/** moment.js tokens, which docker/metadata-action documents, as Luxon writes them (https://moment.github.io/luxon/#/formatting). */
const TOKENS: Readonly<Record<string, string>> = {
  YYYY: 'yyyy',
  YY: 'yy',
  MMMM: 'LLLL',
  MMM: 'LLL',
  MM: 'LL',
  M: 'L',
  DDDD: 'ooo',
  DDD: 'o',
  DD: 'dd',
  D: 'd',
  dddd: 'cccc',
  ddd: 'ccc',
  E: 'c',
  GGGG: 'kkkk',
  WW: 'WW',
  W: 'W',
  HH: 'HH',
  H: 'H',
  hh: 'hh',
  h: 'h',
  mm: 'mm',
  m: 'm',
  ss: 'ss',
  s: 's',
  SSS: 'SSS',
  A: 'a',
  ZZ: 'ZZZ',
  Z: 'ZZ',
  X: 'X',
  x: 'x',
}
const TOKEN = /\[([^\]]*)\]|YYYY|YY|GGGG|M{1,4}|D{1,4}|d{3,4}|WW?|HH?|hh?|mm?|ss?|SSS|ZZ?|[EAXx]/g

/**
 * A moment in the notation of moment.js: `YYYYMMDD-HHmm`. Text in square brackets stays as it is.
 * @param zone an IANA time zone
 * @throws {InputError} for an unknown time zone
 */
export function formatDate(date: Date, format: string, zone = 'UTC'): string {
  const moment = DateTime.fromJSDate(date, {zone}).setLocale('en')
  if (!moment.isValid)
    throw new InputError(`Input "tags" has the time zone "${zone}": use an IANA name, for example Europe/Berlin.`)
  return format.replace(
    TOKEN,
    (token, literal: string | undefined) => literal ?? moment.toFormat(TOKENS[token] ?? token),
  )
}
