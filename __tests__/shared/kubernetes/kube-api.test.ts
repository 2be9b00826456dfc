import {mkdtempSync, rmSync} from 'node:fs'
import {createServer} from 'node:http'
import type {ServerResponse} from 'node:http'
import {tmpdir} from 'node:os'
import {join} from 'node:path'
import {systemClock} from '../../../actions/shared/core/clock.ts'
import {makeKubeApi} from '../../../actions/shared/kubernetes/api/kube-api.ts'

const folder = mkdtempSync(join(tmpdir(), 'kube-api-'))
const socket = join(folder, 'api')
let answering: (answer: ServerResponse) => void
const server = createServer((_request, answer) => {
  answering(answer)
})
const api = makeKubeApi(socket, systemClock)

beforeAll(async () => {
  await new Promise<void>((resolve) => server.listen(socket, resolve))
})
afterAll(() => {
  api.close()
  server.closeAllConnections()
  server.close()
  rmSync(folder, {recursive: true, force: true})
})

async function seen(signal = new AbortController().signal): Promise<string[]> {
  const lines: string[] = []
  try {
    for await (const line of api.lines('/watch', {}, signal)) {
      lines.push(line)
      // What else happens meanwhile, happens while nobody asks for the next line.
      await new Promise((resolve) => setImmediate(resolve))
    }
    return [...lines, 'end']
  } catch (error) {
    return [...lines, (error as Error).message]
  }
}

test('lines come whole, wherever the packets of the answer were cut', async () => {
  answering = (answer) => {
    const bytes = Buffer.from('{"a":"grün"}\n{"b":1}\n{"c":2}')
    const cuts = [0, 9, 10, 14, bytes.length]
    const send = (at: number): void => {
      if (at === cuts.length) answer.end()
      else answer.write(bytes.subarray(cuts[at - 1], cuts[at]), () => setImmediate(send, at + 1))
    }
    send(1)
  }
  expect(await seen()).toEqual(['{"a":"grün"}', '{"b":1}', '{"c":2}', 'end'])
})

test('a connection that breaks right behind its last line is an error that is caught, not the end of the process', async () => {
  for (let round = 0; round < 20; round++) {
    answering = (answer) => {
      answer.write('{"a":1}\n{"b":2}\n', () => setTimeout(() => answer.destroy(), round % 3))
    }
    expect(await seen()).toEqual(['{"a":1}', '{"b":2}', 'its answer broke off'])
  }
})

test('a watch that is ended by its reader is over at once', async () => {
  const stop = new AbortController()
  answering = (answer) => {
    answer.write('{"a":1}\n', () => {
      stop.abort()
    })
  }
  expect((await seen(stop.signal)).at(-1)).toMatch(/abort/)
})

test('a reader that leaves in the middle of an answer leaves no error behind that ends the process', async () => {
  const gone = Promise.withResolvers<undefined>()
  answering = (answer) => {
    answer.on('close', () => {
      gone.resolve(undefined)
    })
    answer.write('{"type":"ERROR"}\n{"b":2}\n')
  }
  const errors: unknown[] = []
  const note = (error: unknown): number => errors.push(error)
  process.on('uncaughtException', note)
  for await (const line of api.lines('/watch', {}, new AbortController().signal)) {
    expect(line).toBe('{"type":"ERROR"}')
    break
  }
  await gone.promise
  await new Promise((resolve) => setImmediate(resolve))
  process.off('uncaughtException', note)
  expect(errors).toEqual([])
})
