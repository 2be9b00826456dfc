import {posix} from 'node:path'

/** The Terraform of a checkout: every folder that holds configuration, with what it says. */
export class Configuration {
  readonly #texts: ReadonlyMap<string, string>

  /** @param files the text of each configuration file, by its path from the checkout's top */
  constructor(files: ReadonlyMap<string, string>) {
    const texts = new Map<string, string>()
    for (const [path, text] of files) {
      const folder = posix.dirname(path)
      texts.set(folder, `${texts.get(folder) ?? ''}${withoutComments(text)}\n`)
    }
    this.#texts = texts
  }

  /** Every folder with configuration, roots and modules, in order. */
  get folders(): readonly string[] {
    return [...this.#texts.keys()].sort()
  }

  /**
   * Whether a folder is a root by what it says: only a root may name where its state is
   * (https://developer.hashicorp.com/terraform/language/backend#define-a-backend-block).
   */
  hasState(folder: string): boolean {
    return /\bbackend\s+"[^"]+"\s*\{|\bcloud\s*\{|"(?:backend|cloud)"\s*:/.test(this.#texts.get(folder) ?? '')
  }

  /**
   * The folders that a root is made of: itself and the local modules it calls, through all levels, each with the way to
   * it (`['envs/prod', 'modules/service', 'modules/network']`).
   */
  parts(root: string): ReadonlyMap<string, readonly string[]> {
    const ways = new Map<string, readonly string[]>([[root, [root]]])
    // A map gives what is added while it is walked.
    for (const [folder, way] of ways) {
      for (const called of this.#calls(folder)) if (!ways.has(called)) ways.set(called, [...way, called])
    }
    return ways
  }

  /** The folder whose configuration a file belongs to, such as a template beside it or below it. */
  ownerOf(path: string): string | undefined {
    for (let folder = posix.dirname(path); ; folder = posix.dirname(folder)) {
      if (this.#texts.has(folder)) return folder
      if (folder === '.' || folder === '/') return undefined
    }
  }

  // A local source starts with ./ or ../, and nothing else does.
  #calls(folder: string): string[] {
    const sources = (this.#texts.get(folder) ?? '').matchAll(/["\s]source"?\s*[=:]\s*"(\.{1,2}\/[^"]*)"/g)
    return [...sources].map(([, source = '']) => posix.join(folder, source).replace(/\/$/, ''))
  }
}

// What is commented out calls nothing. A mark inside of text is left alone, as in "https://…".
function withoutComments(text: string): string {
  return text.replace(/("(?:\\.|[^"\\\n])*")|\/\*[\s\S]*?\*\/|(?:#|\/\/).*$/gm, (_all, quoted?: string) => quoted ?? '')
}
