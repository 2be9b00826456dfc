import {randomUUID} from 'node:crypto'
import {commentEvent, HEAD, pullOnGitHub} from '../../support/github-pull.ts'
import {startGitHub} from '../../support/github-server.ts'
import type {Phase, Room, Subject} from '../core/model.ts'
import {faultProxy} from '../core/proxy.ts'
import {closeAll} from './aws-room.ts'

const SCENE = {
  roles: {maintainer: 'maintain', writer: 'write'},
  pushedAt: '2026-03-01T11:00:00Z',
  reviews: [{by: 'writer', state: 'APPROVED', commit: HEAD}],
} as const
const NEEDS = JSON.stringify({
  command: {result: 'success', outputs: {command: 'deploy', 'head-sha': HEAD}},
  deploy: {result: 'success', outputs: {}},
})

async function room(inputs: Readonly<Record<string, string>>, reaction: string): Promise<Room> {
  const pull = pullOnGitHub(SCENE)
  const github = await startGitHub((request) => pull.answer(request))
  const proxy = await faultProxy({port: Number(new URL(github.url).port)})
  const token = `ghs_${randomUUID()}`
  const {comments} = pull.store
  return {
    proxies: [proxy],
    dialect: 'github',
    secrets: [token],
    call: {
      files: {'event.json': JSON.stringify(commentEvent('/deploy production'))},
      inputs: {'github-token': token, ...inputs},
      env: {
        GITHUB_API_URL: `http://${proxy.host}`,
        GITHUB_GRAPHQL_URL: `http://${proxy.host}/graphql`,
        GITHUB_EVENT_NAME: 'issue_comment',
        GITHUB_EVENT_PATH: 'event.json',
      },
    },
    // What it decides is in its outputs; in the conversation it must not say two things at once.
    standing: () => (comments.length > 1 ? 'between' : 'wanted'),
    owing: () => [
      ...([...pull.reactions].join(', ') === reaction ? [] : [`the reactions are ${[...pull.reactions].join(', ')}`]),
      ...('mode' in inputs && comments.length === 0 ? ['the answer is missing'] : []),
    ],
    changes: () => comments.length,
    left: () => github.violations,
    shown: () => JSON.stringify(comments),
    close: () => closeAll(proxy, github),
  }
}

const subject = (situation: string, inputs: Readonly<Record<string, string>>, phases: readonly Phase[]): Subject => ({
  action: 'pr-command',
  situation,
  post: false,
  writes: [],
  reachable: true,
  settles: 'never',
  limitMs: 200_000,
  phases,
  room: () => room(inputs, situation === 'answer' ? 'rocket' : 'eyes'),
})

const REACT: Phase = {
  name: 'react',
  request: ({name}) => name.startsWith('POST /repos/') && name.endsWith('/reactions'),
}

/** A command that may be given, and the answer to one that was carried out. */
export const PR_COMMAND: readonly Subject[] = [
  subject('decide', {}, [
    {name: 'who may', request: ({name}) => name.endsWith('/permission')},
    {name: 'pull request', request: ({name}) => name.endsWith('/pulls/7')},
    {name: 'reviews', request: ({name}) => name.endsWith('/reviews')},
    REACT,
  ]),
  subject('answer', {mode: 'answer', needs: NEEDS}, [
    REACT,
    {name: 'find answer', request: ({name}) => name.startsWith('GET ') && name.endsWith('/comments')},
    {name: 'write answer', request: ({name}) => name.startsWith('POST /repos/') && name.endsWith('/comments')},
  ]),
]
