import {readdirSync, readFileSync} from 'node:fs'
import {join} from 'node:path'
import {countChanges, headline} from '../../../actions/shared/terraform/counts.ts'
import {guarded, parseGuard} from '../../../actions/shared/terraform/guard.ts'
import {planText} from '../../../actions/shared/terraform/make-plan.ts'
import {readPlan} from '../../../actions/shared/terraform/read-plan.ts'
import {changeLine, planMarkdown, visibleChanges} from '../../../actions/shared/terraform/render.ts'

const fixtures = join(import.meta.dirname, 'fixtures')
const read = (name: string): string => readFileSync(join(fixtures, name), 'utf8')
const recorded = (folder: string): string[] =>
  readdirSync(folder).flatMap((file) => /^(.*)\.json$/.exec(file)?.[1] ?? [])
const names = recorded(join(fixtures, 'tofu'))
const alike = recorded(fixtures).filter((name) => names.includes(name) && name !== 'deposed')

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
  test.each(alike)('%s: shown as the same plan of Terraform is', (name) => {
    const shown = (file: string): string =>
      visibleChanges(readPlan(read(file)))
        .map(changeLine)
        .join('\n')
    expect(shown(`tofu/${name}.json`)).toBe(shown(`${name}.json`))
  })

  // `lifecycle { destroy = false }` and `enabled`, of OpenTofu 1.12 and 1.11.
  test.each([
    [
      'replace-keep-old',
      '+1, 1 replaced, 1 forgotten',
      '-/+ terraform_data.a: will be replaced (cannot be changed in place; forced by triggers_replace; old one kept, no longer managed)',
    ],
    [
      'forget-by-lifecycle',
      '1 forgotten',
      '  . terraform_data.a: will no longer be managed, and not destroyed (lifecycle.destroy was false)',
    ],
    [
      'destroy-forgets',
      '1 forgotten',
      '  . terraform_data.a: will no longer be managed, and not destroyed (lifecycle.destroy is false)',
    ],
    ['disabled', '−1', '  - terraform_data.a: will be destroyed (lifecycle.enabled is false)'],
    ['excluded', '+1', '  + terraform_data.b: will be created'],
  ])('what only OpenTofu has: %s is "%s"', (name, text, line) => {
    const plan = readPlan(read(`tofu/${name}.json`))
    expect([headline(plan), ...visibleChanges(plan).map(changeLine)]).toEqual([text, line])
  })

  test('the guard lets what is only forgotten go', () => {
    for (const name of ['replace-keep-old', 'forget-by-lifecycle', 'destroy-forgets']) {
      expect(guarded(readPlan(read(`tofu/${name}.json`)), parseGuard(['deny *']), [])).toEqual([])
    }
    expect(guarded(readPlan(read('tofu/disabled.json')), parseGuard(['deny *']), [])).toHaveLength(1)
  })

  test('its text is kept from the first line of the plan on, and no secret is left in it', () => {
    const text = planText(read('tofu/sensitive.txt'))
    expect(text).toMatch(/^OpenTofu used the selected/)
    const plan = readPlan(read('tofu/sensitive.json'))
    expect(plan.secrets.scrub(text)).not.toContain('s3cr3t')
    expect(planMarkdown(plan)).not.toContain('s3cr3t')
  })
})
