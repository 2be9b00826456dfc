import {readFile} from 'node:fs/promises'
import {join} from 'node:path'
import type {Delivery} from '../../actions/delivery-report/src/delivery-schema.ts'
import {previewComment} from '../../actions/delivery-report/src/preview-comment.ts'
import {deliverySection} from '../../actions/delivery-report/src/render.ts'
import {answerTable} from '../../actions/pr-command/src/answer.ts'
import type {Preview} from '../../actions/shared/report/preview.ts'

const RUN = 'https://github.com/acme/streaming/actions/runs/16403281'

/**
 * What the guides show, by the name of its picture: recorded in the lab, and written by the code of today. The previews are
 * of a pull request on sample-app that moves its port; the receipt is of a release of it.
 */
export async function pictures(): Promise<[string, string][]> {
  const previews = await recorded<Preview[]>('previews')
  const delivery = await recorded<Delivery>('receipt')
  const named = {...delivery, actor: 'ana', run: '16403281/1'}
  return [
    ['comment-preview', previewComment(previews, delivery.commit, [], RUN)],
    ['summary-delivery', deliverySection(named, new Map())],
    ['comment-command', answers(delivery)],
  ]
}

function answers(delivery: Delivery): string {
  const head = delivery.commit.slice(0, 7)
  const outputs = Object.fromEntries(delivery.stages.map((stage) => [`${stage.stage}-receipt`, JSON.stringify(stage)]))
  return [
    `@ana \`/deploy staging\`: **✗ refused**, ${head} was pushed after the command was written.`,
    'What to do: look at what was pushed, then write "/deploy" again.',
    '---',
    `@ana \`/deploy staging\`: **✓ done** for \`${head}\``,
    answerTable([['deploy', {result: 'success', outputs}]]),
    `[What was done, step by step](${RUN})`,
  ].join('\n\n')
}

async function recorded<T>(name: string): Promise<T> {
  return JSON.parse(await readFile(join(import.meta.dirname, `${name}.json`), 'utf8')) as T
}
