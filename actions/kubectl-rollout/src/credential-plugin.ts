import {systemClock} from '../../shared/core/clock.ts'
import {errorMessage} from '../../shared/core/errors.ts'
import {credential} from './credential.ts'

// Run by kubectl, which reads the credential from standard output and shows standard error to the user.
try {
  process.stdout.write(await credential(process.env, systemClock))
} catch (thrown) {
  process.stderr.write(`slipway: no token for the EKS cluster: ${errorMessage(thrown)}\n`)
  process.exitCode = 1
}
