import {runAction} from '../../shared/core/run.ts'
import {readInputs} from './inputs.ts'

await runAction(readInputs, () => import('./main.ts'))
