import {clientConfig} from '../../../actions/shared/aws/client-config.ts'

describe('a region that is none is named before a host is looked for', () => {
  test.each([
    ['eu-central1', 'did you mean "eu-central-1"?'],
    ['eu-central-1a', 'did you mean "eu-central-1"?'],
    ['EU-Central-1', 'did you mean "eu-central-1"?'],
    ['us_east_1', 'did you mean "us-east-1"?'],
    ['Frankfurt', 'give a name like "eu-central-1".'],
  ])('%s', (region, hint) => {
    const said = `is "${region}", which is no name of a region: ${hint}`
    expect(() => clientConfig({}, 'ecs-deploy', region)).toThrow(`Input "aws-region" ${said}`)
    expect(() => clientConfig({AWS_REGION: region}, 'ecs-deploy')).toThrow(`The AWS region of the environment ${said}`)
  })

  test.each(['us-east-1', 'ap-southeast-7', 'us-gov-west-1', 'cn-northwest-1', 'us-isob-east-1', 'eusc-de-east-1'])(
    '%s is one',
    (region) => {
      expect(clientConfig({AWS_REGION: 'other'}, 'ecs-deploy', region).region).toBe(region)
    },
  )

  test('an endpoint of its own may call its region as it likes', () => {
    const env = {AWS_REGION: 'garage', AWS_ENDPOINT_URL_S3: 'http://localhost:3900'}
    expect(clientConfig(env, 'terraform-plan').region).toBe('garage')
  })
})
