import {JOBS, runChain} from '../../scripts/demo/chain.ts'
import type {Measure, Opened, Row, Sample} from '../core/row.ts'

const MEASURES: readonly Measure[] = ['whole chain', ...JOBS].map((name) => ({name, unit: 's'}))

/** The sample's delivery through the workflow runner, on a stack that stands and an image that is built. */
export const chain: Row = {
  name: 'chain',
  title: 'The chain on sample-app',
  how: '`.github/workflows/deploy.yml` run by the workflow runner on a stack that exists and layers that are cached, as `npm run demo` does it; a first run to warm up is not counted.',
  needsLab: true,
  long: true,
  open: async (bench): Promise<Opened> => {
    const lab = bench.lab()
    const once = async (): Promise<Sample> => {
      const run = await runChain(lab, undefined, () => undefined)
      if (run.workflow.exitCode !== 0) throw new Error(`The chain ended red: ${run.workflow.complaint}`)
      const jobs = [...run.workflow.jobs].map(([name, job]) => [name, job.seconds] as const)
      return {'whole chain': run.seconds, ...Object.fromEntries(jobs)}
    }
    await once()
    return {cases: [{name: 'warm', measures: MEASURES, ours: once}], close: () => Promise.resolve()}
  },
}
