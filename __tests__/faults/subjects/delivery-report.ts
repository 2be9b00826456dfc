import {randomUUID} from 'node:crypto'
import {commentStore} from '../../support/github-comments.ts'
import {startGitHub} from '../../support/github-server.ts'
import {receiptOf} from '../../support/receipts.ts'
import type {Room, Subject} from '../core/model.ts'
import {faultProxy} from '../core/proxy.ts'
import {closeAll} from './aws-room.ts'

const EVENT = JSON.stringify({
  pull_request: {
    number: 7,
    head: {sha: 'abc', repo: {full_name: 'acme/streaming'}},
    base: {repo: {full_name: 'acme/streaming'}},
  },
})
const PREVIEW = JSON.stringify({
  schema: 'slipway.preview/v1',
  stage: 'plan',
  subject: 'terraform/',
  verdict: 'change',
  headline: '**+2**',
  body: 'rows',
  digest: `sha256:${'51ab'.repeat(16)}`,
})

async function room(): Promise<Room> {
  const store = commentStore()
  const github = await startGitHub((request) => store.answer(request))
  const proxy = await faultProxy({port: Number(new URL(github.url).port)})
  const token = `ghs_${randomUUID()}`
  return {
    proxies: [proxy],
    dialect: 'github',
    secrets: [token],
    call: {
      files: {'event.json': EVENT},
      inputs: {previews: PREVIEW, receipts: JSON.stringify(receiptOf('build')), 'github-token': token},
      env: {
        GITHUB_API_URL: `http://${proxy.host}`,
        GITHUB_GRAPHQL_URL: `http://${proxy.host}/graphql`,
        GITHUB_EVENT_NAME: 'pull_request',
        GITHUB_EVENT_PATH: 'event.json',
      },
    },
    // The comment is not the delivery: without it the report is as good, in the summary.
    standing: () => (store.comments.length > 1 ? 'between' : 'wanted'),
    owing: () => (store.comments.length === 0 ? ['the comment is missing'] : []),
    changes: () => store.comments.length,
    left: () => github.violations,
    shown: () => JSON.stringify(store.comments),
    close: () => closeAll(proxy, github),
  }
}

/** A report on a pull request. */
export const DELIVERY_REPORT: readonly Subject[] = [
  {
    action: 'delivery-report',
    situation: 'comment',
    post: false,
    writes: ['temp'],
    reachable: true,
    settles: 'never',
    limitMs: 200_000,
    phases: [
      {name: 'find comment', request: ({name}) => name.startsWith('GET ')},
      {name: 'write comment', request: ({name}) => name.startsWith('POST /repos/')},
    ],
    room,
  },
]
