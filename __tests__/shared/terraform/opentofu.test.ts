import {readdirSync, readFileSync} from 'node:fs'
import {join} from 'node:path'
import {countChanges} from '../../../actions/shared/terraform/counts.ts'
import {planText} from '../../../actions/shared/terraform/make-plan.ts'
import {readPlan} from '../../../actions/shared/terraform/read-plan.ts'
import {changeLine, planMarkdown, visibleChanges} from '../../../actions/shared/terraform/render.ts'

const fixtures = join(import.meta.dirname, 'fixtures')
const read = (name: string): string => readFileSync(join(fixtures, name), 'utf8')
const names = readdirSync(join(fixtures, 'tofu')).flatMap((file) => /^(.*)\.json$/.exec(file)?.[1] ?? [])

describe('plans recorded from a real OpenTofu', () => {
  test.each(names)('%s: counted as its own headline says, and applyable as its exit code says', (name) => {
    const [plan, text] = [readPlan(read(`tofu/${name}.json`)), read(`tofu/${name}.txt`)]
    const said =
      /Plan: (?:(\d+) to import, )?(\d+) to add, (\d+) to change, (\d+) to destroy(?:, (\d+) to forget)?/.exec(text)
    const number = (at: number): number => Number(said?.[at] ?? 0)
    expect(countChanges(plan)).toMatchObject({
      import: number(1),
      add: number(2),
      change: number(3),
      destroy: number(4),
      forget: number(5),
    })
    expect(plan.applyable).toBe(text.startsWith('exit 2'))
  })

  // What differs: its words for a removal from the state, and that it tells nothing of an import's id.
  test.each(names.filter((name) => name !== 'deposed'))('%s: shown as the same plan of Terraform is', (name) => {
    const shown = (file: string): string =>
      visibleChanges(readPlan(read(file)))
        .map(changeLine)
        .join('\n')
    expect(shown(`tofu/${name}.json`)).toBe(shown(`${name}.json`))
  })

  test('its text is kept from the first line of the plan on, and no secret is left in it', () => {
    const text = planText(read('tofu/sensitive.txt'))
    expect(text).toMatch(/^OpenTofu used the selected/)
    const plan = readPlan(read('tofu/sensitive.json'))
    expect(plan.secrets.scrub(text)).not.toContain('s3cr3t')
    expect(planMarkdown(plan)).not.toContain('s3cr3t')
  })
})
