import {execFile} from 'node:child_process'
import {mkdir, mkdtemp, readFile, rm, writeFile} from 'node:fs/promises'
import {tmpdir} from 'node:os'
import {basename, join} from 'node:path'
import {parseArgs, promisify} from 'node:util'
import {marked} from 'marked'
import {pictures} from './screenshots/pictures.ts'

const run = promisify(execFile)
const root = join(import.meta.dirname, '..')

/** How wide the place is that GitHub shows it in, in CSS pixels: a comment on a pull request, a job summary. */
const WIDTHS = {comment: 800, summary: 1012} as const

const THEMES = ['light', 'dark'] as const
type Theme = (typeof THEMES)[number]

const BROWSERS = ['chromium', 'chromium-browser', 'google-chrome']

/**
 * A page that shows Markdown as GitHub does: its own style sheet, the width of the place, folds closed unless `open`.
 * Comments of HTML are dropped, as GitHub drops them. Diagrams stay text: GitHub draws them in a frame of its own.
 */
export async function pageOf(markdown: string, theme: Theme, width: number, open: boolean): Promise<string> {
  const styles = join(root, 'node_modules/github-markdown-css', `github-markdown-${theme}.css`)
  const body = await marked.parse(markdown.replaceAll(/<!--[\s\S]*?-->/g, ''), {gfm: true})
  const folds = open ? body.replaceAll(/<details(?! open)/g, '<details open') : body
  const ground = theme === 'dark' ? '#0d1117' : '#ffffff'
  return [
    '<!doctype html><meta charset="utf-8"><style>',
    await readFile(styles, 'utf8'),
    `html { background: ${ground} } body { margin: 0; padding: 24px; width: ${String(width)}px; box-sizing: border-box }`,
    '</style>',
    `<body class="markdown-body">${folds}`,
    '<script>document.title = String(Math.ceil(document.documentElement.getBoundingClientRect().height))</script>',
  ].join('\n')
}

async function read(files: readonly string[]): Promise<[string, string][]> {
  return await Promise.all(
    files.map(async (file): Promise<[string, string]> => [basename(file, '.md'), await readFile(file, 'utf8')]),
  )
}

async function findBrowser(): Promise<string> {
  for (const name of BROWSERS) {
    const found = await run('sh', ['-c', 'command -v "$0"', name]).catch(() => undefined)
    if (found !== undefined) return found.stdout.trim()
  }
  throw new Error(`No browser was found (${BROWSERS.join(', ')}): install one, for example with apt install chromium.`)
}

async function photograph(browser: string, page: string, width: number, image: string): Promise<void> {
  const common = ['--headless', '--disable-gpu', '--hide-scrollbars', '--force-device-scale-factor=2']
  // Root cannot have a sandbox, and the page is our own.
  const asRoot = process.getuid?.() === 0 ? ['--no-sandbox'] : []
  const measured = await run(browser, [
    ...common,
    ...asRoot,
    '--dump-dom',
    `--window-size=${String(width)},400`,
    `file://${page}`,
  ])
  const height = /<title>(\d+)<\/title>/.exec(measured.stdout)?.[1]
  if (height === undefined) throw new Error(`${browser} did not say how tall the page is.`)
  const size = `--window-size=${String(width)},${height}`
  await run(browser, [...common, ...asRoot, size, `--screenshot=${image}`, `file://${page}`])
}

/**
 * Makes two pictures, light and dark, of each Markdown file; the part of its name before the first `-` is the place. Without
 * files: those of the guides that this suite writes from what the lab recorded.
 */
async function main(): Promise<void> {
  const {values, positionals} = parseArgs({
    allowPositionals: true,
    options: {out: {type: 'string', default: 'docs/images'}, open: {type: 'boolean', default: false}},
  })
  const browser = await findBrowser()
  const room = await mkdtemp(join(tmpdir(), 'slipway-pictures-'))
  await mkdir(values.out, {recursive: true})
  try {
    for (const [name, markdown] of positionals.length === 0 ? await pictures() : await read(positionals)) {
      const width = name.startsWith('comment') ? WIDTHS.comment : WIDTHS.summary
      for (const theme of THEMES) {
        const page = join(room, `${name}-${theme}.html`)
        await writeFile(page, await pageOf(markdown, theme, width, values.open))
        const image = join(values.out, `${name}-${theme}.png`)
        await photograph(browser, page, width, image)
        console.log(image)
      }
    }
  } finally {
    await rm(room, {recursive: true, force: true})
  }
}

if (import.meta.main) {
  try {
    await main()
  } catch (error) {
    console.error((error as Error).message)
    process.exitCode = 1
  }
}
