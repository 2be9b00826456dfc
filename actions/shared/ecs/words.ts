import {InputError} from '../core/errors.ts'

/**
 * A command as its words: a JSON list as it is, anything else split as a shell does it, quotes and all
 * (https://github.com/aws-actions/amazon-ecs-render-task-definition/issues/296). Undefined when not given.
 * @param input the name of the input, for messages
 * @throws {InputError} for a list that holds other things than texts, and for a quote that is never closed
 */
export function words(input: string, text: string | undefined): readonly string[] | undefined {
  if (text === undefined) return undefined
  if (!text.startsWith('[')) return shellWords(input, text)
  const list = parsed(text)
  if (Array.isArray(list) && list.every((word) => typeof word === 'string')) return list
  throw new InputError(`Input "${input}" must be a JSON list of texts, like ["node", "server.js"].`)
}

function parsed(text: string): unknown {
  try {
    return JSON.parse(text) as unknown
  } catch {
    return undefined
  }
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
