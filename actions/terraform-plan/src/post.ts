import {runPost} from '../../shared/core/run.ts'
import {forgetLeftVariables} from '../../shared/terraform/open-root.ts'

await runPost(forgetLeftVariables)
