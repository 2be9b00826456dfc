import {runPost} from '../../shared/core/run.ts'
import {afterCancel} from './after-cancel.ts'

await runPost(afterCancel)
