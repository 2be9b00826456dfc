import {Failure} from '../../shared/core/diagnosis.ts'
import {privateFolder, writePrivateFile} from '../../shared/core/files.ts'
import type {Environment} from '../../shared/core/inputs.ts'
import type {World} from '../../shared/core/world.ts'
import {eventPullRequest} from '../../shared/github/client.ts'
import {ASSET} from '../../shared/github/release.ts'
import {readApprovals} from './approvals.ts'
import {readShown, requireApproved} from './approved.ts'
import {digestsOf, findMismatches, hasDelivered, isCarriedOut, mergeReceipts, shortDigest} from './delivery.ts'
import type {Delivery} from './delivery-schema.ts'
import type {DeliveryInputs, ReportInputs} from './inputs.ts'
import {attachReceipt, writeComment} from './publish.ts'
import {approvalDigest, previewComment, unseenIn} from './preview-comment.ts'
import {readReceipt} from './read-release.ts'
import {deliverySection, headline} from './render.ts'
import {signed} from './signature.ts'

/** Tells the story of a delivery from the receipts of its stages, or reads what an earlier run left for this one. */
export async function run(world: World, inputs: DeliveryInputs): Promise<void> {
  if (inputs.mode === 'read') await readReceipt(world, inputs)
  else if (inputs.mode === 'approved') await readShown(world, inputs)
  else await report(world, inputs)
}

async function report(world: World, inputs: ReportInputs): Promise<void> {
  // Of what is kept for good. Hundreds of deliveries at once have other uses for the calls that GitHub grants them.
  const asks = inputs.releaseTag !== undefined && hasDelivered(inputs.receipts)
  const approvals = asks ? await readApprovals(world, inputs.token) : []
  const merged = mergeReceipts(world.env, inputs.receipts, inputs.jobs, approvals)
  const delivery = inputs.key === undefined ? merged : signed(merged, inputs.key)

  if (inputs.receipts.length + inputs.jobs.size > 0) {
    tell(world, delivery)
    // Where no stage has done anything, what would be done is the whole story.
    if (inputs.receipts.length > 0 || inputs.previews.length === 0) {
      world.summary.add(deliverySection(delivery, inputs.jobs, world.env['GITHUB_SERVER_URL']))
    }
    world.outputs.set('receipt', JSON.stringify(delivery))
    world.outputs.set('receipt-file', await writeReceipt(world.env, delivery))
  }
  if (inputs.approved.length > 0) {
    requireApproved(inputs.approved, inputs.previews, inputs.notPreviewed)
    for (const {subject, digest} of inputs.previews)
      world.log.line(`✓ ${subject}: exactly what was approved, ${digest}`)
  } else if (inputs.previews.length + inputs.notPreviewed.length > 0) {
    await preview(world, inputs, delivery)
  }
  if (inputs.releaseTag !== undefined) await attachReceipt(world, inputs.token, inputs.releaseTag, delivery)

  world.outputs.set('summary', headline(delivery))
  world.outputs.set('status', delivery.status)
  refuseMismatch(delivery)
}

async function preview(world: World, inputs: ReportInputs, delivery: Delivery): Promise<void> {
  world.outputs.set('preview-digest', approvalDigest(inputs.previews, unseenIn(inputs)))
  // What is done by now stands in the rows of the stages, and nobody is asked for it any more.
  const open = inputs.previews.filter((each) => !isCarriedOut(each, inputs.receipts))
  if (open.length + inputs.notPreviewed.length === 0) return
  // People know the commit that was pushed, and not the merge that GitHub makes up for the run.
  const commit = eventPullRequest()?.headSha ?? delivery.commit
  const comment = previewComment(open, commit, unseenIn(inputs), runUrl(world.env))
  world.summary.add(comment)
  world.outputs.set('comment-url', await writeComment(world, inputs, comment))
}

function runUrl(env: Environment): string | undefined {
  const {GITHUB_SERVER_URL: server, GITHUB_REPOSITORY: repository = '', GITHUB_RUN_ID: run} = env
  return server === undefined || run === undefined ? undefined : `${server}/${repository}/actions/runs/${run}`
}

async function writeReceipt(env: Environment, delivery: Delivery): Promise<string> {
  const file = `${await privateFolder(env, 'slipway-receipt')}/${ASSET}`
  await writePrivateFile(file, JSON.stringify(delivery))
  return file
}

function tell(world: World, delivery: Delivery): void {
  world.log.line(headline(delivery))
  for (const stage of delivery.stages) {
    const digest = digestsOf(stage)[0]
    world.log.line(
      `  ${stage.stage.padEnd(11)} ${stage.status.padEnd(11)} ${stage.headline}${digest === undefined ? '' : `  ${shortDigest(digest)}`}`,
    )
  }
}

// Each stage may be right about itself and the delivery still wrong: the report is the only place that sees all of it.
function refuseMismatch(delivery: Delivery): void {
  const mismatches = findMismatches(delivery)
  if (mismatches.length === 0) return
  throw new Failure({
    reason: 'digest-mismatch',
    subject: 'Delivery',
    cause: `the stages do not speak of one delivery: ${mismatches.map(({sentence}) => sentence).join('; ')}`,
    advice: 'hand the outputs of the build of this run to every deploying job, and re-run the whole workflow',
  })
}
