import {stripTypeScriptTypes} from 'node:module'
import type {SyncTransformer} from '@jest/transform'

/**
 * Runs tests on the sources as Node itself would: types are blanked out, every line and column stays where it is, and
 * `./x.ts` is resolved as written. Types are checked by `npm run types`, once and for all files.
 */
const transformer: SyncTransformer = {
  process: (source) => ({code: stripTypeScriptTypes(source)}),
  getCacheKey: (source, path) => `${process.version}:${path}:${source}`,
}

export default transformer
