import {labEnvironment} from '../../lab/index.ts'

const {vars} = labEnvironment()

/** What leads an action and its Terraform to the lab's AWS. */
export const labAwsEnvironment = Object.fromEntries(
  Object.entries(vars).filter(([name]) => name.startsWith('AWS_') || name === 'TF_CLI_CONFIG_FILE'),
)

/** The same for a client of the SDK in a test. */
export const labAwsConnection = {
  endpoint: vars['AWS_ENDPOINT_URL'] ?? '',
  region: vars['AWS_REGION'] ?? '',
  credentials: {accessKeyId: vars['AWS_ACCESS_KEY_ID'] ?? '', secretAccessKey: vars['AWS_SECRET_ACCESS_KEY'] ?? ''},
} as const
