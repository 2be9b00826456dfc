import {humanDuration} from '../../shared/core/clock.ts'
import {Failure} from '../../shared/core/diagnosis.ts'
import type {Table} from '../../shared/core/diagnosis.ts'
import type {World} from '../../shared/core/world.ts'
import {platformImages} from '../../shared/ecr/manifest.ts'
import type {StoredManifest} from '../../shared/ecr/registry-client.ts'
import type {Finding, ScanApi, ScanState} from '../../shared/ecr/scan-api.ts'
import {SEVERITIES} from '../../shared/ecr/severity.ts'
import type {Findings} from './registry.ts'
import type {IgnoredFinding, ScanRules} from './scan-rules.ts'

const PAUSES_MS: readonly number[] = [1000, 2000, 3000, 5000]
const MOST_ROWS = 50

/**
 * Waits for the scans of an image and judges them.
 * @param images a digest for each platform
 * @returns how many findings there are of each severity, ignored ones left out
 * @throws {Failure} `scan-findings` with a table of what must be mended, `timeout` when a scan does not end in time
 */
async function passScan(
  world: World,
  scans: ScanApi,
  repository: string,
  images: readonly string[],
  rules: ScanRules,
): Promise<Record<string, number>> {
  const deadline = world.clock.now() + rules.timeoutMs
  const all = await Promise.all(images.map((digest) => scanned(world, scans, {repository, digest, deadline, rules})))
  const findings = distinct(all.flat()).filter((finding) => counts(finding, rules, world.clock.now()))
  const perSeverity = Object.fromEntries(
    SEVERITIES.map((severity) => [severity.toLowerCase(), findings.filter((one) => one.severity === severity).length]),
  )
  world.outputs.set('scan-findings', JSON.stringify(perSeverity))
  for (const {id} of expired(rules, world.clock.now())) {
    world.log.warning(`The time for which "scan-ignore" accepts ${id} is over: it counts again.`)
  }
  const limit = SEVERITIES.indexOf(rules.failOn)
  const bad = findings.filter(({severity}) => SEVERITIES.indexOf(severity) <= limit)
  if (bad.length > 0) throw tooMany(repository, bad)
  world.log.line(
    `✓ scanned: nothing of severity ${rules.failOn.toLowerCase()} or worse (${String(findings.length)} findings in all)`,
  )
  return perSeverity
}

/**
 * Waits for the scan of what is in the registry, where one was asked for. An index is not scanned itself; the images in
 * it are. @throws {Failure} as {@link passScan} does
 */
export async function judge(
  world: World,
  rules: ScanRules | undefined,
  {scans, repository}: Pick<Findings, 'scans' | 'repository'>,
  {digest, manifest}: Pick<StoredManifest, 'digest' | 'manifest'>,
): Promise<void> {
  if (rules === undefined) return
  // Never to be passed over in silence; the inputs have been refused where a registry has no scans.
  if (scans === undefined) throw new Error(`The registry of ${repository} has no scans.`)
  const images = platformImages(manifest).map((image) => image.digest)
  await passScan(world, scans, repository, images.length > 0 ? images : [digest], rules)
}

interface Wait {
  readonly repository: string
  readonly digest: string
  readonly deadline: number
  readonly rules: ScanRules
}

async function scanned(
  world: World,
  scans: ScanApi,
  {repository, digest, deadline, rules}: Wait,
): Promise<readonly Finding[]> {
  let asked = false
  for (let look = 0; ; look++) {
    const state = await scans.state(repository, digest)
    if (state.status === 'done') return state.findings
    if (state.status === 'failed') throw notScanned(repository, state)
    // Scanning on push needs a moment to begin; only then is a scan asked for.
    if (state.status === 'missing' && look > 0 && !asked) {
      asked = true
      await scans.start(repository, digest)
    }
    if (world.clock.now() >= deadline) throw tooSlow(repository, state, rules.timeoutMs)
    await world.clock.sleep(PAUSES_MS[Math.min(look, PAUSES_MS.length - 1)] ?? 0, world.cancel)
  }
}

function counts(finding: Finding, {ignored, fixableOnly}: ScanRules, now: number): boolean {
  const accepted = ignored.some(({id, until}) => id === finding.id && (until === undefined || now < until))
  return !accepted && (!fixableOnly || finding.fixed !== undefined)
}

function expired({ignored}: ScanRules, now: number): IgnoredFinding[] {
  return ignored.filter(({until}) => until !== undefined && now >= until)
}

// The platforms of an image mostly have the same packages.
function distinct(findings: readonly Finding[]): Finding[] {
  return [...new Map(findings.map((one) => [[one.id, one.packageName, one.installed].join(' '), one])).values()]
}

function tooMany(repository: string, bad: readonly Finding[]): Failure {
  const worst = SEVERITIES.flatMap((severity) => {
    const count = bad.filter((one) => one.severity === severity).length
    return count === 0 ? [] : [`${String(count)} ${severity.toLowerCase()}`]
  })
  const fixable = bad.filter(({fixed}) => fixed !== undefined)
  return new Failure({
    reason: 'scan-findings',
    subject: repository,
    cause: `the scan found ${worst.join(', ')}`,
    evidence: [{title: 'findings', table: findingsTable(bad)}],
    advice:
      fixable.length > 0
        ? `update ${[...new Set(fixable.map(({packageName}) => packageName))].slice(0, 5).join(', ')} (a newer base image may be enough), or accept a finding for a time with scan-ignore`
        : 'no newer package mends them yet: accept them for a time with scan-ignore, or set scan-fixable-only to true',
  })
}

/** The findings as a table, the worst first. */
export function findingsTable(findings: readonly Finding[]): Table {
  const sorted = [...findings].sort((a, b) => SEVERITIES.indexOf(a.severity) - SEVERITIES.indexOf(b.severity))
  const rows = sorted
    .slice(0, MOST_ROWS)
    .map((one) => [one.severity.toLowerCase(), one.id, one.packageName, one.installed, one.fixed ?? '—'])
  const more = sorted.length - rows.length
  if (more > 0) rows.push(['…', `${String(more)} more`, '', '', ''])
  return {columns: ['severity', 'id', 'package', 'installed', 'fixed in'], rows}
}

function notScanned(repository: string, {reason}: Extract<ScanState, {status: 'failed'}>): Failure {
  return new Failure({
    reason: 'scan-findings',
    subject: repository,
    cause: `ECR could not scan the image, so nothing says that it is clean: ${reason}`,
    advice:
      'use a base image that ECR can scan (https://docs.aws.amazon.com/AmazonECR/latest/userguide/image-scanning.html), or leave scan-fail-on out',
  })
}

function tooSlow(repository: string, {status}: ScanState, timeoutMs: number): Failure {
  const cause =
    status === 'missing'
      ? `ECR has begun no scan of the image within ${humanDuration(timeoutMs)}`
      : `the scan has not ended within ${humanDuration(timeoutMs)}`
  return new Failure(
    {
      reason: 'timeout',
      subject: repository,
      cause,
      advice: status === 'missing' ? 'turn scanning on for the repository or the registry' : 'raise scan-timeout',
    },
    'timed-out',
  )
}
