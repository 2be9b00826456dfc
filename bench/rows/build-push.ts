import {besides} from '../core/other.ts'
import {labRepository} from '../core/lab-room.ts'
import type {Bench, Case, Opened, Other, Row, Sample} from '../core/row.ts'
import {costs, ourAction, runStep, runTool} from '../core/step.ts'
import {BUILDING} from './reasons.ts'
import {mkdtempSync, rmSync, writeFileSync} from 'node:fs'
import {tmpdir} from 'node:os'
import {join} from 'node:path'

const DOCKERFILE = 'FROM scratch\nCOPY hello.txt /\n'

interface Room {
  readonly registry: string
  readonly repository: string
  readonly vars: Readonly<Record<string, string>>
  /** A text that no build has seen, so that no side is helped by the cache of the other. */
  readonly fresh: () => string
}

const image = ({registry, repository}: Room, tag: string): string => `${registry}/${repository}:${tag}`

async function bare(room: Room): Promise<Sample> {
  const folder = mkdtempSync(join(tmpdir(), 'slipway-bench-context-'))
  const text = room.fresh()
  writeFileSync(join(folder, 'Dockerfile'), DOCKERFILE)
  writeFileSync(join(folder, 'hello.txt'), text)
  const argv = [
    'docker',
    'buildx',
    'build',
    '--push',
    '--tag',
    image(room, text),
    '--metadata-file',
    'metadata.json',
    '.',
  ]
  try {
    return costs(await runTool(argv, {exits: 0, cwd: folder, env: {...room.vars, HOME: folder}}))
  } finally {
    rmSync(folder, {recursive: true, force: true})
  }
}

const files = (text: string): Readonly<Record<string, string>> => ({Dockerfile: DOCKERFILE, 'hello.txt': text})

async function ours(room: Room, tag = room.fresh(), text = tag): Promise<Sample> {
  const {registry, repository, vars} = room
  const inputs = {registry, repository, tags: tag, cache: 'none'}
  return costs(
    await runStep(ourAction('ecr-build-push'), {exits: 0, files: files(text), env: vars, inputs, says: /digest/}),
  )
}

function peer(bench: Bench, room: Room, text: () => string): Other {
  return besides(bench, 'docker/build-push-action', (found) => async () => {
    const tag = text()
    const inputs = {context: '.', push: 'true', tags: image(room, tag)}
    const env = {...room.vars, DOCKER_BUILD_SUMMARY: 'false'}
    return costs(await runStep(found, {exits: 0, files: files(tag), env, inputs, says: /digest/}))
  })
}

function cases(bench: Bench, room: Room): Case[] {
  const ratio = {kind: 'ratio', max: 0.6} as const
  const known = room.fresh()
  return [
    {
      name: 'build and push, beside the bare tool',
      measures: [
        {name: 'wall', unit: 's', goal: {kind: 'difference', max: 0.5}},
        {name: 'cpu', unit: 's'},
        {name: 'peak', unit: 'MiB'},
      ],
      ours: () => ours(room),
      other: {name: 'docker buildx build --push', run: () => bare(room)},
      note: 'ours also asks whether the tag exists, logs in, reads the digest back from the registry and checks it.',
    },
    {
      name: 'build and push, beside the peer',
      measures: [
        {name: 'wall', unit: 's', goal: ratio},
        {name: 'cpu', unit: 's', goal: ratio},
        {name: 'peak', unit: 'MiB', goal: ratio, shortfall: BUILDING},
      ],
      ours: () => ours(room),
      other: peer(bench, room, room.fresh),
    },
    {
      name: 'the tag exists and is reused',
      measures: [
        {name: 'wall', unit: 's', goal: {kind: 'at-most', max: 1}},
        {name: 'cpu', unit: 's', goal: ratio},
        {name: 'peak', unit: 'MiB', goal: ratio, shortfall: BUILDING},
      ],
      ours: () => ours(room, known),
      other: peer(bench, room, () => `${known}-peer`),
      note: 'the peer builds again, from the cache of the builder.',
    },
  ]
}

/** What building through the action costs over the tool itself. */
export const buildPush: Row = {
  name: 'build-push',
  title: 'Build and push',
  how: 'A real BuildKit and a real registry; a context of one file whose text is new in every run.',
  needsLab: true,
  open: async (bench): Promise<Opened> => {
    const lab = bench.lab()
    const repository = `bench-build-${String(process.pid)}`
    const close = await labRepository(lab, repository)
    let count = 0
    const fresh = (): string => `run-${String(process.pid)}-${String(++count)}`
    const room = {registry: lab.registry, repository, vars: lab.vars, fresh}
    const all = cases(bench, room)
    // The tag that is found again has to be there before the first run.
    await ours(room, `run-${String(process.pid)}-1`)
    return {cases: all, close}
  },
}
