import {readFileSync} from 'node:fs'
import {join} from 'node:path'
import {Ajv} from 'ajv'
import type {ValidateFunction} from 'ajv'

/** The schemas that docs/schema publishes. */
export type SchemaName = 'receipt-v1' | 'delivery-v1' | 'preview-v1'

const compiled = new Map<SchemaName, ValidateFunction>()

/** What a published schema has against a document, as text; empty when it is one. */
export function schemaProblem(name: SchemaName, document: unknown): string {
  const validate = compiled.get(name) ?? compile(name)
  return validate(document) ? '' : new Ajv().errorsText(validate.errors, {dataVar: name})
}

function compile(name: SchemaName): ValidateFunction {
  const file = join(import.meta.dirname, `../../docs/schema/${name}.json`)
  // The published file as any reader has it, in the strictest reading.
  const validate = new Ajv({strict: true}).compile(JSON.parse(readFileSync(file, 'utf8')) as object)
  compiled.set(name, validate)
  return validate
}

/**
 * Holds what an action handed out against the schemas that are published for it. @throws {Error} that says what is wrong
 * @param action whose outputs these are
 */
export function requirePublished(action: string, outputs: Readonly<Record<string, string>>): void {
  const schemas: Readonly<Record<string, SchemaName>> = {
    receipt: action === 'delivery-report' ? 'delivery-v1' : 'receipt-v1',
    preview: 'preview-v1',
  }
  for (const [output, schema] of Object.entries(schemas)) {
    const text = outputs[output] ?? ''
    const problem = text === '' ? '' : schemaProblem(schema, JSON.parse(text))
    if (problem !== '') throw new Error(`${action} hands out a ${output} that is not as published: ${problem}`)
  }
}
