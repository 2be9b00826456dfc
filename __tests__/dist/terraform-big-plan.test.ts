import {jest} from '@jest/globals'
import {chmodSync, mkdirSync, mkdtempSync, readFileSync, rmSync, writeFileSync} from 'node:fs'
import {tmpdir} from 'node:os'
import {join} from 'node:path'
import {BIG_PLAN_SECRET, writeBigPlan} from '../support/big-plan.ts'
import {PLAN_KEY, terraformRoot} from '../support/terraform-root.ts'

jest.setTimeout(180_000)

const room = mkdtempSync(join(tmpdir(), 'slipway-big-'))
afterAll(() => {
  rmSync(room, {recursive: true, force: true})
})

/** A terraform that has planned already: a real one would take minutes and need ten thousand real objects. */
function scriptedTerraform(json: string, text: string): string {
  const folder = join(room, 'bin')
  mkdirSync(folder)
  const script = `#!/bin/sh
case "$1" in
  version) echo '{"terraform_version": "1.11.4"}' ;;
  plan) for arg; do case "$arg" in -out=*) echo binary > "\${arg#-out=}" ;; esac; done; cat '${text}'; exit 2 ;;
  show) cat '${json}' ;;
esac
`
  writeFileSync(join(folder, 'terraform'), script)
  chmodSync(join(folder, 'terraform'), 0o755)
  return folder
}

test('a plan of 10,000 resources (100 MB of JSON) is read and shown within 600 MB, and none of its 1,000 secrets is seen', async () => {
  const [json, text] = [join(room, 'plan.json'), join(room, 'plan.txt')]
  await writeBigPlan(10_000, json)
  const block = (at: number): string =>
    `  # module.team_0.aws_iam_policy.thing_${String(at)} will be created\n${`      + attribute = "value ${String(at)}"\n`.repeat(20)}      + password  = "${BIG_PLAN_SECRET}-${String(at - (at % 50))}-2"\n`
  writeFileSync(
    text,
    `Terraform will perform the following actions:\n\n${Array.from({length: 10_000}, (_, at) => block(at)).join('')}\nPlan: many.\n`,
  )
  const root = terraformRoot()
  root.write('')
  let peakKiB = 0
  const run = await root.plan(
    {'plan-key': PLAN_KEY},
    {
      path: [scriptedTerraform(json, text)],
      onOutput: (_text, child) => {
        const status = readFileSync(`/proc/${String(child.pid)}/status`, 'utf8')
        // A process that has ended, and whose last words are read now, has no memory any more.
        peakKiB = Math.max(peakKiB, Number(/VmHWM:\s+(\d+)/.exec(status)?.[1] ?? 0))
      },
    },
  )
  root.remove()
  expect(run.errors).toEqual([])
  expect(run.outputs).toMatchObject({
    'to-add': '4000',
    'to-change': '2000',
    'to-destroy': '4000',
    'to-replace': '2000',
  })
  expect(peakKiB).toBeGreaterThan(50 * 1024)
  expect(peakKiB).toBeLessThan(600 * 1024)
  expect(run.visible).not.toContain(BIG_PLAN_SECRET)
})
