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
