import {existsSync, readdirSync} from 'node:fs'
import {join} from 'node:path'
import {spawn} from 'node:child_process'
import {clockTime} from './core/progress.ts'
import {labPaths} from './core/paths.ts'
import {labEnvironment} from './env.ts'
import {down, status, up, type PartStatus} from './lifecycle.ts'
import {addOptional, OPTIONAL_TOOLS} from './optional.ts'

const USAGE = `npm run lab -- up             bring the lab up (safe to repeat)
npm run lab -- status         what runs, where, and whether it is well
npm run lab -- env            the environment to use it with, as export lines
npm run lab -- logs [part]    follow the logs
npm run lab -- add [program]  build what only some tests use into the cache: ${OPTIONAL_TOOLS.join(', ')}
npm run lab -- down           stop and remove everything but the cache`

const print = (line: string): void => void process.stdout.write(`${line}\n`)

/** The table of parts, as wide as what is in it. */
function table(rows: readonly PartStatus[]): string {
  const cells = rows.map((row) => [row.trouble ? '✗' : '✓', row.name, row.version, row.trouble ?? row.address])
  const widths = [0, 1, 2].map((at) => Math.max(...cells.map((row) => row[at]?.length ?? 0)))
  return cells
    .map((row) =>
      row
        .map((cell, at) => cell.padEnd(widths[at] ?? 0))
        .join('  ')
        .trimEnd(),
    )
    .join('\n')
}

function showStatus(rows: readonly PartStatus[]): number {
  print(table(rows))
  return rows.some((row) => row.trouble) ? 1 : 0
}

async function bringUp(): Promise<number> {
  const since = Date.now()
  const code = showStatus(await up({log: print}))
  print(
    `The lab is up after ${clockTime((Date.now() - since) / 1000)}. Use it with: eval "$(npm run --silent lab -- env)"`,
  )
  return code
}

const quote = (value: string): string => `'${value.replaceAll("'", `'\\''`)}'`

function showEnvironment(): number {
  const {vars, path} = labEnvironment()
  for (const [name, value] of Object.entries(vars)) {
    // PATH as it is where the lines are read, which is not npm's own.
    print(name === 'PATH' ? `export PATH=${path.map(quote).join(':')}:"$PATH"` : `export ${name}=${quote(value)}`)
  }
  return 0
}

/** Follows the logs whose names begin with the given word, or all of them, until interrupted. */
async function followLogs(part = ''): Promise<number> {
  const folder = labPaths().logs
  if (!existsSync(folder)) throw new Error('There are no logs, as the lab is not up: run `npm run lab -- up` first.')
  const files = readdirSync(folder).filter((file) => file.includes(part))
  if (files.length === 0) throw new Error(`No log of ${part}: there are ${readdirSync(folder).join(', ') || 'none'}.`)
  const paths = files.map((file) => join(folder, file))
  const tail = spawn('tail', ['-n', '40', '-F', ...paths], {stdio: 'inherit'})
  return new Promise((resolve) =>
    tail.once('close', (code) => {
      resolve(code ?? 0)
    }),
  )
}

async function main(command: string | undefined, args: readonly string[]): Promise<number> {
  switch (command) {
    case 'up':
      return bringUp()
    case 'status':
      return showStatus(await status({log: print}))
    case 'down':
      await down({log: print})
      return 0
    case 'logs':
      return followLogs(args[0])
    case 'add':
      await addOptional(args, print)
      return 0
    case 'env':
      return showEnvironment()
    default:
      print(USAGE)
      return command === undefined || command === 'help' ? 0 : 1
  }
}

try {
  process.exitCode = await main(process.argv[2], process.argv.slice(3))
} catch (error) {
  process.stderr.write(`${error instanceof Error ? error.message : String(error)}\n`)
  process.exitCode = 1
}
