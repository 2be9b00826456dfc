import {runPost} from '../../shared/core/run.ts'
import {reportLock} from './lock-report.ts'

await runPost(reportLock)
