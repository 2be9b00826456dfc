import {runAction} from '../../shared/core/run.ts'
import {run} from './main.ts'

await runAction(run)
