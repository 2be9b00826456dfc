import {appendFileSync} from 'node:fs'

const input = (name: string): string => (process.env[`INPUT_${name.toUpperCase()}`] ?? '').trim()

/** Ends the step the way a person wants to read it. */
function fail(message: string): never {
  process.stdout.write(`::error::${message}\n`)
  process.exit(1)
}

/** What the runner was given by the lab for this stand-in alone; jobs do not see it as AWS credentials. */
function fromLab(name: string): string {
  return process.env[`LAB_${name}`] ?? fail(`This stand-in works in the Slipway lab only: LAB_${name} is not set.`)
}

function append(file: string | undefined, values: Readonly<Record<string, string>>): void {
  if (file)
    appendFileSync(
      file,
      Object.entries(values)
        .map(([name, value]) => `${name}=${value}\n`)
        .join(''),
    )
}

const region = input('aws-region') || fail('Input required and not supplied: aws-region')
const role = input('role-to-assume')
if (!/^arn:aws[a-z-]*:iam::\d{12}:role\/\S+$/.test(role)) {
  fail(`role-to-assume is "${role}": the ARN of a role is needed, such as arn:aws:iam::111122223333:role/deploy`)
}
const account = fromLab('AWS_ACCOUNT_ID')
const allowed = input('allowed-account-ids')
  .split(',')
  .map((id) => id.trim())
  .filter(Boolean)
if (allowed.length > 0 && !allowed.includes(account)) {
  fail(`The account of the credentials is ${account}, and allowed-account-ids allows ${allowed.join(', ')}.`)
}

const credentials = {
  AWS_ACCESS_KEY_ID: fromLab('AWS_ACCESS_KEY_ID'),
  AWS_SECRET_ACCESS_KEY: fromLab('AWS_SECRET_ACCESS_KEY'),
  AWS_SESSION_TOKEN: fromLab('AWS_SESSION_TOKEN'),
}
for (const secret of Object.values(credentials)) process.stdout.write(`::add-mask::${secret}\n`)
if (input('mask-aws-account-id') === 'true') process.stdout.write(`::add-mask::${account}\n`)
append(process.env['GITHUB_ENV'], {...credentials, AWS_REGION: region, AWS_DEFAULT_REGION: region})
append(process.env['GITHUB_OUTPUT'], {'aws-account-id': account})
process.stdout.write(`Lab credentials for ${region}, in place of those of ${role}\n`)
