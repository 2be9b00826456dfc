#!/usr/bin/env -S node --disable-warning=ExperimentalWarning
// The linter as a command: npx --package github:slipway/slipway slipway-lint-chain [files]
// Node runs no TypeScript below node_modules, which is where npx puts it: its types are taken away here.
import {readFileSync} from 'node:fs'
import console from 'node:console'
import * as nodeModule from 'node:module'
import process from 'node:process'
import {fileURLToPath} from 'node:url'

const {registerHooks, stripTypeScriptTypes} = nodeModule
if (registerHooks === undefined || stripTypeScriptTypes === undefined) {
  console.error(`slipway-lint-chain needs Node 22.15 or newer, and this is ${process.version}: use Node 24.`)
  process.exit(2)
}
registerHooks({
  load: (url, context, next) =>
    url.startsWith('file:') && url.endsWith('.ts')
      ? {format: 'module', source: stripTypeScriptTypes(readFileSync(fileURLToPath(url), 'utf8')), shortCircuit: true}
      : next(url, context),
})
const {main} = await import('./lint-chain.ts')
process.exitCode = main(process.argv.slice(2))
