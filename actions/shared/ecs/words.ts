import {InputError} from '../core/errors.ts'
import type {Inputs} from '../core/inputs.ts'

/**
 * A command as its words: a JSON list as it is, anything else split as a shell does it, quotes and all
 * (https://github.com/aws-actions/amazon-ecs-render-task-definition/issues/296). Undefined when not given.
 * @throws {InputError} for a list that holds other things than texts, and for a quote that is never closed
 */
export function words(inputs: Inputs, name: string): readonly string[] | undefined {
  const text = inputs.optional(name)
  if (text === undefined) return undefined
  if (!text.startsWith('[')) return shellWords(name, text)
  const list = inputs.json(name)
  if (Array.isArray(list) && list.every((word) => typeof word === 'string')) return list
  throw new InputError(`Input "${name}" must be a JSON list of texts, like ["node", "server.js"].`)
}

// One piece of a word: 'as it is', "with \" inside", \x, or plain letters.
const PIECE = /'([^']*)'|"((?:\\[\s\S]|[^"\\])*)"|\\([\s\S])|([^\s'"\\]+)|(\s+)/y

// https://pubs.opengroup.org/onlinepubs/9799919799/utilities/V3_chap02.html#tag_19_02 without variables and globs: no
// shell runs here, so nothing is expanded.
function shellWords(input: string, text: string): string[] {
  const found: string[] = []
  let word: string | undefined
  PIECE.lastIndex = 0
  while (PIECE.lastIndex < text.length) {
    const piece = PIECE.exec(text)
    if (piece === null) throw new InputError(`Input "${input}" has a quote that is never closed: ${text}`)
    const [, single, double, escaped, plain, space] = piece
    if (space === undefined) {
      word = (word ?? '') + (single ?? double?.replace(/\\(["\\$`])/g, '$1') ?? escaped ?? plain ?? '')
    } else if (word !== undefined) {
      found.push(word)
      word = undefined
    }
  }
  return word === undefined ? found : [...found, word]
}
