import {mkdir, readFile, writeFile} from 'node:fs/promises'
import {join} from 'node:path'
import {format, resolveConfig} from 'prettier'
import * as z from 'zod/mini'
import {deliverySchema} from '../actions/delivery-report/src/delivery-schema.ts'
import {previewSchema} from '../actions/shared/report/preview.ts'
import {receiptSchema} from '../actions/shared/report/receipt.ts'

const FOLDER = join(import.meta.dirname, '../docs/schema')
const ADDRESS = 'https://raw.githubusercontent.com/slipway/slipway/v1/docs/schema'

const PUBLISHED = {
  'receipt-v1': ['A stage’s receipt', receiptSchema],
  'delivery-v1': ['A delivery’s receipt', deliverySchema],
  'preview-v1': ['What a stage would change', previewSchema],
} as const

/**
 * The schemas of what the actions hand to others, by the name of their file: made of those that the actions check with, so
 * that there is one truth. Unknown properties are allowed, for what later versions add.
 */
export function publishedSchemas(): Map<string, object> {
  return new Map(
    Object.entries(PUBLISHED).map(([name, [title, schema]]) => {
      const {$schema, ...rest} = z.toJSONSchema(schema, {io: 'input', target: 'draft-07'})
      return [`${name}.json`, {$schema, $id: `${ADDRESS}/${name}.json`, title, ...rest}]
    }),
  )
}

async function main(check: boolean): Promise<number> {
  await mkdir(FOLDER, {recursive: true})
  const stale: string[] = []
  for (const [name, schema] of publishedSchemas()) {
    const file = join(FOLDER, name)
    const fresh = await format(JSON.stringify(schema), {...(await resolveConfig(file)), filepath: file})
    if ((await readFile(file, 'utf8').catch(() => '')) === fresh) continue
    stale.push(name)
    if (!check) await writeFile(file, fresh)
  }
  if (check && stale.length > 0) console.error(`Schemas out of date: ${stale.join(', ')}. Run "npm run docs".`)
  else console.log(stale.length > 0 ? `Written: ${stale.join(', ')}.` : 'Every schema is up to date.')
  return check && stale.length > 0 ? 1 : 0
}

if (import.meta.main) process.exitCode = await main(process.argv.includes('--check'))
