import {runPost} from '../../shared/core/run.ts'
import {forgetLeftVariables} from '../../shared/terraform/open-root.ts'
import {reportLock} from './lock-report.ts'

await runPost(async (world) => {
  await forgetLeftVariables(world)
  await reportLock(world)
})
