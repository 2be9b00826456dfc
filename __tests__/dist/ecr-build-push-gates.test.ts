import {beforeEach, describe, expect, test} from '@jest/globals'
import {buildRoom} from '../shared/ecr/build-room.ts'
import {GOOD_DOCKER} from '../shared/ecr/fake-docker.ts'
import type {Script} from '../shared/ecr/fake-docker.ts'
import {awsError} from '../shared/ecr/fake-ecr.ts'

const room = buildRoom()

describe('the gates', () => {
  beforeEach(() => {
    room.ecr.repositories.set('team/app', {settings: {}, tags: new Map(), blobs: new Map()})
  })

  const scanAnswer = (
    status: string,
    findings: Record<string, unknown> = {},
  ): {status: number; body: Record<string, unknown>} => ({
    status: 200,
    body: {imageScanStatus: {status}, imageScanFindings: findings},
  })
  const attribute = (key: string, value: string): Record<string, string> => ({key, value})

  test('a basic scan with findings fails with a table of what mends them', async () => {
    room.ecr.answer('DescribeImageScanFindings', awsError('ScanNotFoundException', 'no scan'), 1)
    room.ecr.answer('DescribeImageScanFindings', scanAnswer('IN_PROGRESS'), 1)
    const found = {
      name: 'CVE-2026-1',
      severity: 'CRITICAL',
      attributes: [attribute('package_name', 'openssl'), attribute('package_version', '3.0.1')],
    }
    const accepted = {name: 'CVE-2026-2', severity: 'CRITICAL', attributes: [attribute('package_name', 'zlib')]}
    room.ecr.answer('DescribeImageScanFindings', scanAnswer('COMPLETE', {findings: [found, accepted]}))
    const result = await room.run({'scan-fail-on': 'high', 'scan-ignore': 'CVE-2026-2 until=2999-01-01 not reachable'})
    expect(result.code).toBe(1)
    expect(result.outputs['failure-reason']).toBe('scan-findings')
    expect(result.errors).toEqual(['team/app: the scan found 1 critical.'])
    expect(JSON.parse(result.outputs['scan-findings']!)).toMatchObject({critical: 1, high: 0})
    expect(result.summary).toContain('| critical | CVE-2026-1 | openssl | 3.0.1 | — |')
    expect(result.summary).not.toContain('CVE-2026-2')
  }, 20_000)

  test('an enhanced scan is read too; what has no fix does not count when only the fixable does', async () => {
    const vulnerablePackages = [{name: 'curl', version: '8.0', fixedInVersion: '8.1'}]
    const enhanced = (severity: string, id: string, packages = vulnerablePackages): Record<string, unknown> => ({
      severity,
      status: 'ACTIVE',
      packageVulnerabilityDetails: {vulnerabilityId: id, vulnerablePackages: packages},
    })
    const noFix = [{name: 'glibc', version: '2.3', fixedInVersion: 'NotAvailable'}]
    const enhancedFindings = [enhanced('MEDIUM', 'CVE-2026-3'), enhanced('CRITICAL', 'CVE-2026-4', noFix)]
    room.ecr.answer('DescribeImageScanFindings', scanAnswer('ACTIVE', {enhancedFindings}))
    const passed = await room.run({'scan-fail-on': 'high', 'scan-fixable-only': 'true'})
    expect(passed.errors).toEqual([])
    expect(JSON.parse(passed.outputs['scan-findings']!)).toMatchObject({critical: 0, medium: 1})
    const strict = await room.run({'scan-fail-on': 'medium', 'if-tag-exists': 'overwrite'})
    expect(strict.errors).toEqual(['team/app: the scan found 1 critical, 1 medium.'])
    expect(strict.log).toContain('update curl')
  }, 20_000)

  test('a merged image passes the same gate', async () => {
    const digest = room.ecr.addImage('team/app', ['part'], {})
    const attributes = [attribute('package_name', 'openssl')]
    const findings = [{name: 'CVE-2026-1', severity: 'CRITICAL', attributes}]
    room.ecr.answer('DescribeImageScanFindings', scanAnswer('COMPLETE', {findings}))
    const result = await room.run({merge: digest, tags: 'v1', 'scan-fail-on': 'high'})
    expect(result.errors).toEqual(['team/app: the scan found 1 critical.'])
    expect(room.ecr.bodies.at(-1)).toMatchObject({imageId: {imageDigest: digest}})
  })

  test('an image that cannot be scanned is not taken for clean', async () => {
    room.ecr.answer('DescribeImageScanFindings', scanAnswer('UNSUPPORTED_IMAGE'))
    const result = await room.run({'scan-fail-on': 'critical'})
    expect(result.outputs['failure-reason']).toBe('scan-findings')
    expect(result.errors[0]).toContain('ECR could not scan the image')
  })

  const smokeScript = (state: string, logs: string): Script => ({
    ...GOOD_DOCKER,
    run: {stdout: 'container-id\n'},
    port: {stdout: `${room.ecr.host}\n`},
    inspect: {stdout: `${state}\n`},
    logs: {stdout: logs},
    rm: {},
  })

  test('a container that ends instead of serving stops the push, and shows its log', async () => {
    const result = await room.run(
      {'smoke-test': 'port=3000\npath=/healthz\nenv.MODE=test'},
      smokeScript('false 3', '{"msg":"DATABASE_URL is not set"}\n'),
    )
    expect(result.code).toBe(1)
    expect(result.outputs['failure-reason']).toBe('smoke-test-failed')
    expect(result.errors[0]).toBe(
      'team/app: the container exits with code 3 instead of serving port 3000: {"msg":"DATABASE_URL is not set"}.',
    )
    expect(room.call('run').argv).toEqual(
      expect.arrayContaining(['--env', 'MODE=test', '--publish', '127.0.0.1::3000']),
    )
    expect(room.call('rm').argv.at(-1)).toBe(result.state['smoke-container'])
    expect(room.docker.calls().some(({argv}) => argv.includes('--push'))).toBe(false)
    expect(room.call('buildx build').argv).toContain('--load')
  })

  test('a container that answers as expected is pushed', async () => {
    room.ecr.answer('GET /healthz', {status: 204, body: ''})
    const result = await room.run({'smoke-test': 'port=3000\npath=/healthz\nstatus=204'}, smokeScript('true 0', ''))
    expect(result.errors).toEqual([])
    expect(result.log).toContain('✓ smoke test: GET /healthz answers 204')
    expect(result.outputs['pushed']).toBe('true')
  })

  test('a command that fails stops the push', async () => {
    const result = await room.run({'smoke-test': "sh -c 'exit 4'"}, smokeScript('false 4', ''))
    expect(room.call('run').argv.slice(-3)).toEqual(['sh', '-c', 'exit 4'])
    expect(result.errors[0]).toContain('the command exits with code 4')
  })
})
