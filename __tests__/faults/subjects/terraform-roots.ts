import {execFileSync} from 'node:child_process'
import {chmodSync, mkdirSync, mkdtempSync, rmSync, writeFileSync} from 'node:fs'
import {tmpdir} from 'node:os'
import {join} from 'node:path'
import type {Noise, Room, RoomWish, Subject} from '../core/model.ts'
import {noiseLine} from './noise.ts'

const ROOT = 'terraform {\n  backend "s3" {}\n}\n'

function git(folder: string, ...argv: string[]): string {
  const as = ['-c', 'user.name=test', '-c', 'user.email=test@example.test']
  return execFileSync('git', [...as, ...argv], {cwd: folder, encoding: 'utf8'}).trim()
}

function commit(folder: string, path: string, text: string): void {
  mkdirSync(join(folder, path, '..'), {recursive: true})
  writeFileSync(join(folder, path), text)
  git(folder, 'add', '--all')
  git(folder, 'commit', '--quiet', '--message', 'change')
}

// What git says on standard error is not its answer; it takes its time, so that signals find it at work.
function fakeGit(folder: string, noise: Noise | undefined): void {
  const real = execFileSync('sh', ['-c', 'command -v git'], {encoding: 'utf8'}).trim()
  const line = noise === undefined ? 'sleep 0.2\n' : noiseLine(noise)
  writeFileSync(join(folder, 'git'), `#!/bin/sh\n${line}exec ${real} "$@"\n`)
  chmodSync(join(folder, 'git'), 0o755)
}

function room({noise}: RoomWish): Promise<Room> {
  const folder = mkdtempSync(join(tmpdir(), 'slipway-roots-'))
  const [origin, bin, checkout] = ['origin', 'bin', 'checkout'].map((name) => join(folder, name)) as [
    string,
    string,
    string,
  ]
  for (const path of [origin, bin]) mkdirSync(path)
  git(origin, 'init', '--quiet', '--initial-branch', 'main')
  commit(origin, 'envs/prod/main.tf', ROOT)
  commit(origin, 'envs/prod/more.tf', 'locals {}\n')
  git(folder, 'clone', '--quiet', '--depth', '1', `file://${origin}`, checkout)
  fakeGit(bin, noise)
  writeFileSync(join(folder, 'event.json'), JSON.stringify({before: git(origin, 'rev-parse', 'main~1')}))
  return Promise.resolve({
    proxies: [],
    dialect: 'plain',
    secrets: [],
    call: {
      workspace: checkout,
      path: [bin],
      env: {GITHUB_EVENT_NAME: 'push', GITHUB_EVENT_PATH: join(folder, 'event.json'), GITHUB_REPOSITORY: 'acme/infra'},
    },
    // It changes nothing anywhere: a list is right or there is none.
    standing: () => 'wanted',
    changes: () => 0,
    left: () => [],
    close: () => {
      rmSync(folder, {recursive: true, force: true})
      return Promise.resolve()
    },
  })
}

/** The roots that a push touches. */
export const TERRAFORM_ROOTS: readonly Subject[] = [
  {
    action: 'terraform-roots',
    situation: 'push',
    post: false,
    writes: ['checkout'],
    reachable: true,
    settles: 'never',
    limitMs: 60_000,
    phases: [{name: 'git', tool: 'git', calls: ['*']}],
    room,
  },
]
