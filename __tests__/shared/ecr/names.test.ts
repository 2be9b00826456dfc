import {describe, expect, test} from '@jest/globals'
import {parseRepository, sanitizeTag} from '../../../actions/shared/ecr/image-name.ts'
import {isLoopback, parseRegistryHost} from '../../../actions/shared/ecr/registry-host.ts'

describe('registry hosts', () => {
  test.each([
    ['012345678901.dkr.ecr.eu-west-1.amazonaws.com', '012345678901', 'eu-west-1'],
    ['https://012345678901.dkr.ecr.eu-west-1.amazonaws.com/', '012345678901', 'eu-west-1'],
    ['012345678901.dkr.ecr-fips.us-east-1.amazonaws.com', '012345678901', 'us-east-1'],
    ['012345678901.dkr-ecr.eu-west-1.on.aws', '012345678901', 'eu-west-1'],
    ['012345678901.dkr.ecr.cn-north-1.amazonaws.com.cn', '012345678901', 'cn-north-1'],
    ['012345678901.dkr.ecr.us-iso-east-1.c2s.ic.gov', '012345678901', 'us-iso-east-1'],
    ['012345678901.dkr.ecr.us-isob-east-1.sc2s.sgov.gov', '012345678901', 'us-isob-east-1'],
    ['012345678901.dkr.ecr.eusc-de-east-1.amazonaws.eu', '012345678901', 'eusc-de-east-1'],
  ])('%s', (host, accountId, region) => {
    expect(parseRegistryHost(host, undefined)).toMatchObject({kind: 'private', accountId, region})
  })

  test.each([
    ['eu-west-1', '012345678901.dkr.ecr.eu-west-1.amazonaws.com'],
    ['cn-north-1', '012345678901.dkr.ecr.cn-north-1.amazonaws.com.cn'],
    ['us-gov-west-1', '012345678901.dkr.ecr.us-gov-west-1.amazonaws.com'],
    ['eusc-de-east-1', '012345678901.dkr.ecr.eusc-de-east-1.amazonaws.eu'],
  ])('an account id in %s', (region, host) => {
    expect(parseRegistryHost('012345678901', region).host).toBe(host)
  })

  test('public and other hosts, and this machine', () => {
    expect(parseRegistryHost('public.ecr.aws', undefined).kind).toBe('public')
    expect(parseRegistryHost('localhost:4566', undefined)).toEqual({host: 'localhost:4566', kind: 'other'})
    expect(['localhost:4566', '127.0.0.1', '[::1]:5000', 'localhost.example.com'].map(isLoopback)).toEqual([
      true,
      true,
      true,
      false,
    ])
  })

  test.each([
    [
      '12345678901.dkr.ecr.eu-west-1.amazonaws.com',
      'has 12 digits, not 11: if the id is 012345678901, put it in quotes',
    ],
    ['1234567890123', 'has 12 digits, not 13'],
    ['not a host', 'is not a host name'],
  ])('%s is refused', (text, sentence) => {
    expect(() => parseRegistryHost(text, 'eu-west-1')).toThrow(sentence)
  })
})

describe('repositories and tags', () => {
  test('a URI brings its registry along', () => {
    expect(
      parseRepository('012345678901.dkr.ecr.eu-west-1.amazonaws.com/team/app', undefined, undefined),
    ).toMatchObject({repository: 'team/app', registry: {accountId: '012345678901'}})
    expect(parseRepository('team/app', undefined, undefined)).toEqual({repository: 'team/app'})
  })

  test.each([
    ['Team/App', 'so use "team/app"'],
    ['team/app:v1', 'without a tag or digest'],
    ['a', 'has 2 to 256 characters'],
    ['team//app', 'single separators'],
    ['team__app', 'single separators'],
  ])('%s is refused', (name, sentence) => {
    expect(() => parseRepository(name, undefined, undefined)).toThrow(sentence)
  })

  test('two hosts that differ are refused', () => {
    expect(() => parseRepository('localhost:5000/app', 'localhost:4566', undefined)).toThrow(
      'leave one of the two hosts out',
    )
  })

  test.each([
    ['feature/a&b', 'feature-a-b'],
    ['.hidden', 'hidden'],
    ['--x', 'x'],
    ['///', ''],
  ])('%s as a tag is %j', (text, expected) => {
    expect(sanitizeTag(text)).toBe(expected)
  })
})
