import type {Row} from '../core/row.ts'
import {bundleBytes} from './bundle-bytes.ts'
import {coldStart} from './cold-start.ts'
import {planRender} from './plan-render.ts'

/** All rows, in the order of the table. */
export const ROWS: readonly Row[] = [bundleBytes, coldStart, planRender]
