import {changedFailure} from '../../actions/terraform-apply/src/changed.ts'
import {concealAlike, differences, normalForm} from '../../actions/shared/terraform/normal-form.ts'
import {readPlan} from '../../actions/shared/terraform/read-plan.ts'

const change = (address: string, actions: readonly string[], more: object = {}): object => ({
  address,
  type: 'aws_x',
  change: {actions, before: null, after: {name: 'a'}, after_unknown: {id: true}, ...more},
})

function rows(reviewed: readonly object[], fresh: readonly object[]): readonly (readonly string[])[] {
  const [then, now] = [reviewed, fresh].map((changes) => readPlan(JSON.stringify({resource_changes: changes})))
  const found = differences(normalForm(then!, concealAlike), normalForm(now!, concealAlike))
  const {diagnosis} = changedFailure('infra', found, {reviewed: then!, fresh: now!})
  const [evidence] = diagnosis.evidence ?? []
  return evidence && 'table' in evidence ? evidence.table.rows : []
}

test('"would be done differently": a repository that the build made meanwhile is to be imported, and the list says so', () => {
  const imported = change('aws_ecr_repository.this', ['no-op'], {importing: {id: 'streaming-api'}})
  expect(rows([change('aws_ecr_repository.this', ['create'])], [imported])).toEqual([
    ['aws_ecr_repository.this', 'was reviewed as "will be created"; now it will be imported (from streaming-api)'],
  ])
})

test('the attributes that would end up otherwise are named with both values, unknown ones left out, secrets by name alone', () => {
  const update = (after: object): object =>
    change('aws_x.a', ['update'], {before: {}, after, after_sensitive: {password: true}})
  expect(
    rows(
      [update({size: 1, name: 'a', password: 's3cr3t-one'})],
      [update({size: 2, name: 'a', password: 's3cr3t-two'})],
    ),
  ).toEqual([
    ['aws_x.a', 'would be done differently than reviewed: size 1 → 2, password (sensitive value) → (sensitive value)'],
  ])
})

test('what came and what went says what it is', () => {
  expect(
    rows([change('aws_x.gone', ['create'])], [change('aws_x.new', ['delete'], {before: {}, after: null})]),
  ).toEqual([
    ['aws_x.gone', 'was reviewed (will be created), and is no longer planned'],
    ['aws_x.new', 'was not in the reviewed plan: will be destroyed'],
  ])
})
