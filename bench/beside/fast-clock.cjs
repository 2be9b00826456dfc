// Loaded in front of an action (NODE_OPTIONS=--require): its clock runs faster than the wall's, so that what takes ten
// minutes is seen in seconds. Both sides run under it; the network takes as long as it takes.
'use strict'
const process = require('node:process')

const FASTER = Number(process.env.SLIPWAY_CLOCK_FASTER || '1')
const start = Date.now()
const wall = Date.now.bind(Date)
const later = globalThis.setTimeout

Date.now = () => start + (wall() - start) * FASTER
globalThis.setTimeout = Object.assign((body, ms, ...given) => later(body, (ms || 0) / FASTER, ...given), later)
const timers = require('node:timers')
const promises = require('node:timers/promises')
const calm = promises.setTimeout
timers.setTimeout = globalThis.setTimeout
promises.setTimeout = (ms, ...given) => calm((ms || 0) / FASTER, ...given)
require('node:module').syncBuiltinESMExports()
