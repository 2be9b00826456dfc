import {runPost} from '../../shared/core/run.ts'
import {cleanUp} from './clean-up.ts'

await runPost(cleanUp)
