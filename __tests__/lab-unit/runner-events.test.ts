import {collectEvents} from '../../lab/runner/events.ts'

const line = (job: string, jobID: string, more: object): string =>
  JSON.stringify({job, jobID, level: 'info', time: '2026-01-01T10:00:00Z', ...more})
const ended = {jobResult: 'success', msg: 'Job succeeded'}

describe('the jobs of a workflow that is called', () => {
  test('once have their own names', () => {
    const {take, collected} = collectEvents()
    take(line('ship/delivery/build', 'build', ended))
    take(line('release/attach', 'attach', ended))
    expect([...collected().jobs.keys()]).toEqual(['build', 'attach'])
  })
  test('twice are told apart by who calls, those that only one of the two came to as well', () => {
    const {take, collected, hasEnded} = collectEvents()
    take(line('staging/delivery/build', 'build', {command: 'set-output', name: 'digest', arg: 'a', stepID: ['image']}))
    take(line('staging/delivery/build', 'build', ended))
    expect([hasEnded('staging/build'), hasEnded('build'), hasEnded('production/build')]).toEqual([true, true, false])
    take(line('production/delivery/build', 'build', {...ended, jobResult: 'failure'}))
    take(line('production/delivery/preview', 'preview', ended))
    take(line('release/attach', 'attach', ended))
    const {jobs} = collected()
    expect([...jobs].map(([id, {result}]) => `${id} ${result}`)).toEqual([
      'staging/build success',
      'production/build failure',
      'production/preview success',
      'attach success',
    ])
    expect(jobs.get('staging/build')?.outputs).toEqual({image: {digest: 'a'}})
  })
})

test('a step has taken what the runner says, and those of a composite action are not counted twice', () => {
  const {take, collected} = collectEvents()
  const step = (name: string, stage: string, stepID: readonly string[], seconds: number): void => {
    const executionTime = seconds * 1e9
    take(line('ship/delivery/build', 'build', {step: name, stage, stepID, executionTime, stepResult: 'success'}))
  }
  take(line('ship/delivery/build', 'build', {step: 'Set up job', stepid: ['--setup-job'], stepResult: 'success'}))
  step('actions/checkout@v7', 'Main', ['0', '0'], 1.5)
  step('actions/checkout@v7', 'Main', ['0'], 1.75)
  step('slipway/slipway/actions/ecr-build-push@v1', 'Main', ['image'], 11.25)
  step('slipway/slipway/actions/ecr-build-push@v1', 'Post', ['image'], 0.25)
  expect(collected().jobs.get('build')?.steps).toEqual([
    {name: 'actions/checkout@v7', stage: 'Main', seconds: 1.75},
    {name: 'slipway/slipway/actions/ecr-build-push@v1', stage: 'Main', seconds: 11.25},
    {name: 'slipway/slipway/actions/ecr-build-push@v1', stage: 'Post', seconds: 0.25},
  ])
})
