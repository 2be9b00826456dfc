import {readdirSync, readFileSync} from 'node:fs'
import {join} from 'node:path'
import {kindOf} from '../../../actions/shared/terraform/change-kind.ts'
import {countChanges, headline} from '../../../actions/shared/terraform/counts.ts'
import {readPlan} from '../../../actions/shared/terraform/read-plan.ts'
import {changeLine, planMarkdown, visibleChanges} from '../../../actions/shared/terraform/render.ts'

const fixtures = join(import.meta.dirname, 'fixtures')
const json = (name: string): string => readFileSync(join(fixtures, `${name}.json`), 'utf8')
const plan = (name: string): ReturnType<typeof readPlan> => readPlan(json(name))
const recorded = readdirSync(fixtures)
  .filter((file) => file.endsWith('.json'))
  .map((file) => file.replace('.json', ''))

describe('plans recorded from a real Terraform', () => {
  test.each([
    ['create', '+1', ['  + terraform_data.a: will be created']],
    ['update', '~1', ['  ~ terraform_data.a: will be changed in place']],
    ['delete', '−1', ['  - terraform_data.a: will be destroyed (it is no longer in the configuration)']],
    ['no-op', 'no changes', []],
    [
      'replace',
      '+1 −1, 1 replaced',
      [
        '-/+ terraform_data.a: will be replaced (cannot be changed in place; forced by triggers_replace; old one destroyed first)',
      ],
    ],
    [
      'replace-create-first',
      '+1 −1, 1 replaced',
      [
        '-/+ terraform_data.a: will be replaced (cannot be changed in place; forced by triggers_replace; new one made first)',
      ],
    ],
    [
      'replace-by-request',
      '+1 −1, 1 replaced',
      ['-/+ terraform_data.a: will be replaced (asked for; old one destroyed first)'],
    ],
    [
      'replace-tainted',
      '+1 −1, 1 replaced',
      ['-/+ terraform_data.a: will be replaced (it is tainted; old one destroyed first)'],
    ],
    [
      'replace-triggered-by',
      '+1 ~1 −1, 1 replaced',
      [
        '-/+ terraform_data.b: will be replaced (replace_triggered_by; old one destroyed first)',
        '  ~ terraform_data.a: will be changed in place',
      ],
    ],
    [
      'forget',
      '1 forgotten',
      ['  . terraform_data.a: will no longer be managed, and not destroyed (it is no longer in the configuration)'],
    ],
    ['move', '1 moved', [' -> terraform_data.b: will be moved (was terraform_data.a)']],
    ['move-and-update', '~1, 1 moved', ['  ~ terraform_data.b: will be changed in place (was terraform_data.a)']],
    ['import', '1 imported', [' <- terraform_data.a: will be imported (from 11111111-2222-3333-4444-555555555555)']],
    [
      'import-and-update',
      '~1, 1 imported',
      ['  ~ terraform_data.a: will be changed in place (from 11111111-2222-3333-4444-555555555555)'],
    ],
    [
      'read',
      '+1',
      [
        '  + terraform_data.a: will be created',
        ' <= data.terraform_remote_state.other: will be read at apply (its arguments are known only at apply)',
      ],
    ],
    [
      'count-and-each',
      '+1 −2, 1 moved',
      [
        '  - terraform_data.counted[1]: will be destroyed (its index is beyond count)',
        '  - terraform_data.each["y"]: will be destroyed (its key is no longer in for_each)',
        '  + terraform_data.single[1]: will be created',
        ' -> terraform_data.single[0]: will be moved (was terraform_data.single)',
      ],
    ],
    [
      'read-in-check',
      '+1',
      [
        '  + terraform_data.a: will be created',
        ' <= data.terraform_remote_state.other: will be read at apply (a check reads it)',
      ],
    ],
    [
      'read-in-check-alone',
      'reads only',
      [' <= data.terraform_remote_state.other: will be read at apply (a check reads it)'],
    ],
    ['outputs-only', '4 outputs changed', []],
    ['refresh-only', 'no changes', []],
    ['destroy', '−2', ['  - terraform_data.a: will be destroyed', '  - terraform_data.b: will be destroyed']],
  ])('%s is "%s"', (name, text, lines) => {
    const read = plan(name)
    expect(headline(read)).toBe(text)
    expect(visibleChanges(read).map(changeLine)).toEqual(lines)
  })

  test.each(recorded)('%s: the counts are those of the tool’s own headline', (name) => {
    const text = readFileSync(join(fixtures, `${name}.txt`), 'utf8')
    const said = /Plan: (?:(\d+) to import, )?(\d+) to add, (\d+) to change, (\d+) to destroy/.exec(text)
    const counts = countChanges(plan(name))
    // The tool prints no such line for a plan that changes nothing it counts.
    const number = (at: number): number => Number(said?.[at] ?? 0)
    expect(counts).toMatchObject({import: number(1), add: number(2), change: number(3), destroy: number(4)})
  })

  test.each(recorded)('%s: applyable is what exit code 2 says', (name) => {
    const code = readFileSync(join(fixtures, `${name}.txt`), 'utf8').split('\n')[0]
    expect(plan(name).applyable).toBe(code === 'exit 2')
  })

  test('a failing check, a plan that leaves something out and a plan that broke off are seen', () => {
    expect(planMarkdown(plan('checks'))).toContain('`check.health`: The input is not two.')
    expect(planMarkdown(plan('targeted'))).toContain('another plan and apply will be needed')
    expect(plan('errored')).toMatchObject({errored: true, applyable: false})
    expect(planMarkdown(plan('errored'))).toContain('never applied')
  })

  test('sensitive values are shown as that, and what lies beside them is shown', () => {
    const markdown = planMarkdown(plan('sensitive'))
    expect(json('sensitive')).toContain('s3cr3t')
    expect(markdown).not.toContain('s3cr3t')
    expect(markdown).toContain('- input.open: "one"\n+ input.open: "two"')
    expect(markdown).toContain('+ input.password: (sensitive value)')
    const text = readFileSync(join(fixtures, 'sensitive.txt'), 'utf8')
    // Terraform itself shows the copy of the secret that a provider did not mark.
    expect(text).toContain('s3cr3t')
    expect(plan('sensitive').secrets.scrub(text)).not.toContain('s3cr3t')
    expect(planMarkdown(plan('outputs-only'))).not.toContain('s3cr3t')
  })
})

describe('what no tool has written yet', () => {
  test.each<[readonly string[], string]>([
    [['create', 'forget'], 'replace'],
    [['forget', 'create'], 'replace'],
    [['hibernate'], 'unknown'],
    [['delete', 'hibernate'], 'unknown'],
    [[], 'unknown'],
    [['open'], 'no-op'],
  ])('actions %j are %s', (actions, kind) => {
    expect(kindOf({actions, moved: false, imported: false})).toBe(kind)
  })

  test.each(['{}', '[]', 'null', '{"resource_changes":{}}', '{"resource_changes":[null,1,{"change":[]}]}'])(
    'the plan %s is read without an error',
    (text) => {
      expect(() => planMarkdown(readPlan(text))).not.toThrow()
    },
  )

  test('a replacement that keeps the old object adds one and destroys none', () => {
    const text = JSON.stringify({resource_changes: [{address: 'a.b', change: {actions: ['create', 'forget']}}]})
    expect(countChanges(readPlan(text))).toMatchObject({add: 1, destroy: 0, replace: 1, forget: 1})
  })

  test('an unknown action that deletes counts as a destruction', () => {
    const text = JSON.stringify({resource_changes: [{address: 'a.b', change: {actions: ['delete', 'x']}}]})
    expect(countChanges(readPlan(text)).destroy).toBe(1)
  })

  test('a leftover of an earlier replacement is named beside the object that took its place', () => {
    const change = (deposed?: string): object => ({
      address: 'a.b',
      ...(deposed && {deposed}),
      change: {actions: deposed ? ['delete'] : ['update']},
    })
    const lines = visibleChanges(readPlan(JSON.stringify({resource_changes: [change(), change('abc1')]}))).map(
      changeLine,
    )
    expect(lines).toEqual(['  - a.b: will be destroyed (deposed object abc1)', '  ~ a.b: will be changed in place'])
  })
})

test('drift counts when the plan depends on it; other drift is a number', () => {
  const drift = (address: string): object => ({address, change: {actions: ['update']}})
  const read = readPlan(
    JSON.stringify({
      resource_drift: [drift('a.one'), drift('a.two'), drift('a.many["x"]')],
      relevant_attributes: [
        {resource: 'a.one', attribute: ['id']},
        {resource: 'a.many', attribute: []},
      ],
    }),
  )
  expect(read.drift.map(({address}) => address)).toEqual(['a.one', 'a.many["x"]'])
  expect(read.otherDrift).toBe(1)
})

test('a secret that only drift marks is hidden in the text of the plan too', () => {
  const change = {actions: ['update'], before: {p: 's3cr3t-old'}, after: {p: 's3cr3t-new'}}
  const marks = {before_sensitive: {p: true}, after_sensitive: {p: true}}
  const read = readPlan(JSON.stringify({resource_drift: [{address: 'a.b', change: {...change, ...marks}}]}))
  expect(read.secrets.scrub('~ copy = "s3cr3t-old" -> "s3cr3t-new"')).not.toContain('s3cr3t')
})

describe('plans recorded from an experimental Terraform', () => {
  const next = (name: string): ReturnType<typeof readPlan> => plan(`next/${name}`)

  test('an action that a change sets off, and one that was asked for, are told with what they are invoked with', () => {
    for (const [name, trigger, headlineText] of [
      ['invoke', 'after create of terraform_data.a', '+1, 1 action invoked'],
      ['invoke-by-request', 'asked for', '1 action invoked'],
    ] as const) {
      const read = next(name)
      expect([headline(read), read.applyable]).toEqual([headlineText, true])
      expect(read.invocations).toMatchObject([{address: 'action.local_command.notify', trigger}])
      const shown = planMarkdown(read)
      expect(shown).toContain('+ command: "true"')
      expect(shown).not.toContain('s3cr3t')
    }
  })

  test('a change that is put off is told, and that another plan is needed', () => {
    const read = next('deferred')
    expect([headline(read), read.complete]).toEqual(['+1', false])
    expect(read.deferred).toEqual([expect.stringMatching(/^terraform_data\.b.*: instance count unknown$/)])
    expect(planMarkdown(read)).toContain('another plan and apply will be needed')
  })
})
