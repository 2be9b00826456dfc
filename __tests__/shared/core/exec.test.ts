import {spawn} from 'node:child_process'
import {existsSync, mkdtempSync, readdirSync, rmSync} from 'node:fs'
import {tmpdir} from 'node:os'
import {join} from 'node:path'
import {pathToFileURL} from 'node:url'
import {CancelledError, InputError} from '../../../actions/shared/core/errors.ts'
import {lastWords, mustSucceed, systemProcesses} from '../../../actions/shared/core/exec.ts'

const node = process.execPath
const script = (code: string): string[] => ['-e', code]
const never = new AbortController().signal

describe('a failed tool is a failure', () => {
  test('a non-zero exit with nothing on standard error is not swallowed', async () => {
    const finished = await systemProcesses.call(node, script('process.exit(7)'))
    expect(finished.code).toBe(7)
    expect(() => mustSucceed('docker', finished)).toThrow('docker ended with exit code 7 and no message')
  })
  test('the last words are the last line of standard error, else of standard output', () => {
    expect(lastWords('x', {code: 1, stdout: 'out\n', stderr: 'first\nlast \n\n'})).toBe('last')
    expect(lastWords('x', {code: 1, stdout: 'out\n', stderr: ' \n'})).toBe('out')
  })
  test('a tool that is not there is named with what to do', async () => {
    const call = systemProcesses.live('no-such-tool-here', [], {cancel: never})
    await expect(call).rejects.toThrow(
      new InputError('"no-such-tool-here" was not found on PATH: install it in a step before this one.'),
    )
  })
  test('a child killed by a signal counts as shells count', async () => {
    const finished = await systemProcesses.live(node, script('process.kill(process.pid, "SIGKILL")'), {cancel: never})
    expect(finished.code).toBe(137)
  })
})

describe('cancelling', () => {
  test('the child gets exactly one interrupt and is waited for', async () => {
    const controller = new AbortController()
    const child = `let n = 0
      process.on('SIGINT', () => { n++; console.log('interrupted ' + n); setTimeout(() => { console.log('released'); process.exit(3) }, 20) })
      console.log('ready'); setInterval(() => {}, 1000)`
    const onLine = (line: string): void => {
      if (line === 'ready') controller.abort(new CancelledError())
    }
    const finished = await systemProcesses.live(node, script(child), {cancel: controller.signal, onLine})
    expect(finished).toEqual({code: 3, stdout: 'ready\ninterrupted 1\nreleased\n', stderr: ''})
  })
  test('nothing starts after a cancel', async () => {
    const cancelled = AbortSignal.abort(new CancelledError())
    await expect(systemProcesses.live(node, script('1'), {cancel: cancelled})).rejects.toThrow(CancelledError)
  })
})

describe('output', () => {
  test('arrives line by line, whole characters, last line without a break included', async () => {
    const lines: string[] = []
    const child =
      'const b = Buffer.from("ä\\nzwei\\nende"); process.stdout.write(b.subarray(0,1)); setTimeout(() => process.stdout.write(b.subarray(1)), 20)'
    await systemProcesses.live(node, script(child), {cancel: never, onLine: (line) => lines.push(line)})
    expect(lines).toEqual(['ä', 'zwei', 'ende'])
  })
  test('is bounded in memory: the end is kept', async () => {
    const child = 'for (let i = 0; i < 5000; i++) console.log("line " + i)'
    const finished = await systemProcesses.live(node, script(child), {cancel: never, keep: 100})
    expect(finished.stdout.length).toBe(100)
    expect(finished.stdout.endsWith('line 4999\n')).toBe(true)
  })
  test('secrets go by standard input and environment; an undefined variable is taken away', async () => {
    process.env['SLIPWAY_TEST_PARENT'] = 'here'
    const child =
      'process.stdin.on("data", (d) => console.log(String(d), process.env.ADDED, process.env.SLIPWAY_TEST_PARENT))'
    const options = {input: 'password', env: {ADDED: 'yes', SLIPWAY_TEST_PARENT: undefined}}
    expect((await systemProcesses.call(node, script(child), options)).stdout).toBe('password yes undefined\n')
    expect((await systemProcesses.live(node, script(child), {...options, cancel: never})).stdout).toBe(
      'password yes undefined\n',
    )
    delete process.env['SLIPWAY_TEST_PARENT']
  })
  test('a child that never reads its input is judged by its exit code', async () => {
    const finished = await systemProcesses.live(node, script('process.exit(0)'), {
      cancel: never,
      input: 'x'.repeat(1_000_000),
    })
    expect(finished.code).toBe(0)
  })
})

describe('a child that outlives this process', () => {
  const outlives = {cancel: never, outlives: true} as const

  test('is heard line by line, on both streams, with its exit code', async () => {
    const lines: string[] = []
    const child =
      'const b = Buffer.from("ä\\nzwei\\nende"); process.stdout.write(b.subarray(0,1)); setTimeout(() => { process.stdout.write(b.subarray(1)); console.error("x".repeat(200000)); process.exitCode = 2 }, 20)'
    const onLine = (line: string, stream: string): void => {
      lines.push(`${stream} ${line.slice(0, 4)}`)
    }
    const finished = await systemProcesses.live(node, script(child), {...outlives, onLine})
    expect(lines).toEqual(['stdout ä', 'stdout zwei', 'stderr xxxx', 'stdout ende'])
    expect([finished.code, finished.stdout, finished.stderr.length]).toEqual([2, 'ä\nzwei\nende', 200_001])
  })

  test('gets its one interrupt when the run is cancelled', async () => {
    const controller = new AbortController()
    const child = `process.on('SIGINT', () => { console.log('released'); process.exit(3) })
      console.log('ready'); setInterval(() => {}, 1000)`
    const onLine = (): void => {
      controller.abort(new CancelledError())
    }
    const finished = await systemProcesses.live(node, script(child), {...outlives, cancel: controller.signal, onLine})
    expect(finished).toEqual({code: 3, stdout: 'ready\nreleased\n', stderr: ''})
  })

  test('is heard by pipes where there is no room for files', async () => {
    const temp = process.env['RUNNER_TEMP']
    process.env['RUNNER_TEMP'] = '/nonexistent/folder'
    try {
      const finished = await systemProcesses.live(node, script('console.log("heard"); process.exitCode = 4'), outlives)
      expect(finished).toEqual({code: 4, stdout: 'heard\n', stderr: ''})
    } finally {
      if (temp === undefined) delete process.env['RUNNER_TEMP']
      else process.env['RUNNER_TEMP'] = temp
    }
  })

  test('a tool that is not there is said to be not there', async () => {
    await expect(systemProcesses.live('no-such-tool-here', [], outlives)).rejects.toThrow('was not found on PATH')
  })

  test('does its work to the end when this process is killed, and no file of its words is left', async () => {
    const folder = mkdtempSync(join(tmpdir(), 'slipway-outlives-'))
    try {
      const done = join(folder, 'done')
      // It has much to say after the kill: with a pipe that nobody reads, the first word would end it.
      const child = `process.stdin.resume(); console.log('begun'); const poll = setInterval(() => {
        if (process.ppid === Number(process.argv[1])) return
        clearInterval(poll); console.log('a word'); console.error('another')
        setTimeout(() => { console.log('a last one'); require('fs').writeFileSync(${JSON.stringify(done)}, '') }, 20)
      }, 10)`
      const module = pathToFileURL(join(import.meta.dirname, '../../../actions/shared/core/exec.ts')).href
      const parent = `import {systemProcesses} from ${JSON.stringify(module)}
        await systemProcesses.live(process.execPath, ['-e', ${JSON.stringify(child)}, String(process.pid)], {
          cancel: new AbortController().signal, outlives: true, onLine: (line) => console.log(line)})`
      const action = spawn(node, ['--input-type=module', '-e', parent], {
        env: {...process.env, RUNNER_TEMP: folder, NODE_OPTIONS: ''},
        stdio: ['ignore', 'pipe', 'inherit'],
      })
      await new Promise((resolve) => action.stdout.once('data', resolve))
      expect(readdirSync(folder)).toEqual([])
      action.kill('SIGKILL')
      while (!existsSync(done)) await new Promise((resolve) => setImmediate(resolve))
      expect(readdirSync(folder)).toEqual(['done'])
    } finally {
      rmSync(folder, {recursive: true, force: true})
    }
  })
})
