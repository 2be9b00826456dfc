import {code, escapeMarkdown, shortHashes, table} from '../../shared/core/markdown.ts'
import type {World} from '../../shared/core/world.ts'
import type {Needs} from '../../shared/report/needs.ts'
import {receiptSchema} from '../../shared/report/receipt.ts'
import {answer, closeReaction, quoted} from './conversation.ts'
import type {Comment} from './event.ts'
import type {Asked} from './pull.ts'

/** Says in the conversation how a command went: a line for each job that ran, and where to read more. */
export async function answerCommand(world: World, asked: Asked, comment: Comment, needs: Needs): Promise<void> {
  const ran = Object.entries(needs).filter(([, {result, outputs}]) => result !== 'skipped' && !outputs?.['head-sha'])
  const good = ran.length > 0 && ran.every(([, {result}]) => result === 'success')
  await closeReaction(world, asked, comment, good ? 'rocket' : '-1')
  const commit = Object.values(needs).flatMap(({outputs}) => outputs?.['head-sha'] ?? [])[0]
  const verdict = good ? '✓ done' : ran.length === 0 ? '✗ nothing was done' : '✗ not done'
  const jobs = ran.length === 0 ? [] : [answerTable(ran)]
  const title = `**${verdict}**${commit === undefined ? '' : ` for ${code(commit.slice(0, 7))}`}`
  const url = await answer(world, asked, comment, [
    `${quoted(comment)}: ${title}`,
    ...jobs,
    `[What was done, step by step](${runUrl(world)})`,
  ])
  world.summary.add([title, ...jobs].join('\n\n'))
  world.outputs.set('comment-url', url)
  world.outputs.set('status', 'succeeded')
}

/** How each job went, with what its stages say of themselves. @param ran the jobs by their names */
export function answerTable(ran: readonly (readonly [string, Needs[string]])[]): string {
  return table({columns: ['job', 'how it went'], rows: ran.map(([job, of]) => row(job, of))})
}

function row(job: string, {result, outputs}: Needs[string]): string[] {
  const marks: Readonly<Record<string, string>> = {success: '✓', failure: '✗', cancelled: '⊘'}
  const told = Object.entries(outputs ?? {}).flatMap(([name, value]) =>
    name.endsWith('receipt') ? headline(value) : [],
  )
  const link = outputs?.['comment-url'] ?? ''
  const words = [
    ...(result === 'success' ? [] : [result]),
    ...told,
    // An address of GitHub's own, as this suite's report writes it.
    ...(/^https:\/\/[\w.:/#-]+$/.test(link) ? [`[the preview](${link})`] : []),
  ]
  return [`${marks[result] ?? ''}\u00a0${code(job)}`, words.join('<br>')]
}

function headline(text: string): string[] {
  try {
    const receipt = receiptSchema.safeParse(JSON.parse(text))
    if (!receipt.success) return []
    const {stage, status, headline: line} = receipt.data
    const how = ['succeeded', 'planned'].includes(status) ? '' : `${status}: `
    return [`*${stage}* ${escapeMarkdown(shortHashes(`${how}${line}`))}`]
  } catch {
    return []
  }
}

function runUrl({env}: World): string {
  const {GITHUB_SERVER_URL: server = '', GITHUB_REPOSITORY: repository = '', GITHUB_RUN_ID: run = ''} = env
  return `${server}/${repository}/actions/runs/${run}`
}
