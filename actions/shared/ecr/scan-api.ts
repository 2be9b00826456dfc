import {DescribeImageScanFindingsCommand, StartImageScanCommand} from '@aws-sdk/client-ecr'
import type {
  DescribeImageScanFindingsResponse,
  ECRClient,
  EnhancedImageScanFinding,
  ImageScanFinding,
} from '@aws-sdk/client-ecr'
import {explainEcrError, repositoryArn} from './explain.ts'
import type {RegistryScope} from './ecr-api.ts'
import {SEVERITIES} from './severity.ts'
import type {Severity} from './severity.ts'

/** A vulnerability that a scan found in a package. */
export interface Finding {
  /** `CVE-2026-1234`. */
  readonly id: string
  readonly severity: Severity
  readonly packageName: string
  readonly installed: string
  /** The version that mends it; undefined when there is none, or when the scan does not say. */
  readonly fixed: string | undefined
  readonly url: string | undefined
}

/** How far a scan is. */
export type ScanState =
  | {readonly status: 'missing' | 'running'}
  | {readonly status: 'done'; readonly findings: readonly Finding[]}
  | {readonly status: 'failed'; readonly reason: string}

/** Scans of images in ECR, of both kinds: basic, and enhanced by Amazon Inspector. */
export interface ScanApi {
  /** @param digest of an image, not of an index: those are not scanned */
  state(repository: string, digest: string): Promise<ScanState>
  /** Asks for a basic scan. Where scanning is enhanced or the day's scan was done, nothing needs to start. */
  start(repository: string, digest: string): Promise<void>
}

// https://docs.aws.amazon.com/AmazonECR/latest/APIReference/API_ImageScanStatus.html: enhanced scans stay ACTIVE.
const DONE: readonly string[] = ['COMPLETE', 'ACTIVE']
const RUNNING: readonly string[] = ['IN_PROGRESS', 'PENDING']

/** Scans through the AWS SDK. @param scope another account's registry, if the user named one */
export function makeScanApi(client: ECRClient, scope: RegistryScope): ScanApi {
  const registry = scope.accountId === undefined ? {} : {registryId: scope.accountId}
  const arn = (repository: string): string => repositoryArn(repository, scope.region, scope.accountId)
  return {
    state: async (repositoryName, imageDigest) => {
      try {
        return await readState(client, {...registry, repositoryName, imageId: {imageDigest}})
      } catch (error) {
        if (error instanceof Error && error.name === 'ScanNotFoundException') return {status: 'missing'}
        throw explainEcrError(error, 'ecr:DescribeImageScanFindings', arn(repositoryName))
      }
    },
    start: async (repositoryName, imageDigest) => {
      try {
        await client.send(new StartImageScanCommand({...registry, repositoryName, imageId: {imageDigest}}))
      } catch (error) {
        const harmless = ['LimitExceededException', 'ValidationException', 'UnsupportedImageTypeException']
        if (error instanceof Error && harmless.includes(error.name)) return
        throw explainEcrError(error, 'ecr:StartImageScan', arn(repositoryName))
      }
    },
  }
}

interface ScanQuery {
  readonly registryId?: string
  readonly repositoryName: string
  readonly imageId: {readonly imageDigest: string}
}

async function readState(client: ECRClient, query: ScanQuery): Promise<ScanState> {
  const findings: Finding[] = []
  let nextToken: string | undefined
  do {
    const answer = await client.send(new DescribeImageScanFindingsCommand({...query, nextToken}))
    const {status = 'PENDING', description} = answer.imageScanStatus ?? {}
    if (RUNNING.includes(status)) return {status: 'running'}
    if (!DONE.includes(status)) return {status: 'failed', reason: description ?? status}
    findings.push(...findingsOf(answer))
    nextToken = answer.nextToken
  } while (nextToken !== undefined)
  return {status: 'done', findings}
}

function findingsOf({imageScanFindings}: DescribeImageScanFindingsResponse): Finding[] {
  const {findings = [], enhancedFindings = []} = imageScanFindings ?? {}
  return [...findings.map(basicFinding), ...enhancedFindings.flatMap(enhancedFinding)]
}

function basicFinding({name, severity, uri, attributes = []}: ImageScanFinding): Finding {
  const attribute = (key: string): string | undefined => attributes.find((candidate) => candidate.key === key)?.value
  return {
    id: name ?? 'unnamed',
    severity: asSeverity(severity),
    packageName: attribute('package_name') ?? '',
    installed: attribute('package_version') ?? '',
    fixed: attribute('fixed_in_version') ?? attribute('patched_versions'),
    url: uri,
  }
}

// One finding of Inspector may name several packages; each is a line of its own. Closed ones are mended already.
function enhancedFinding(finding: EnhancedImageScanFinding): Finding[] {
  if (finding.status !== undefined && finding.status !== 'ACTIVE') return []
  const details = finding.packageVulnerabilityDetails
  const packages = details?.vulnerablePackages ?? [{}]
  return packages.map(({name, version, fixedInVersion}) => ({
    id: details?.vulnerabilityId ?? finding.title ?? 'unnamed',
    severity: asSeverity(finding.severity),
    packageName: name ?? '',
    installed: version ?? '',
    // Inspector writes NotAvailable where no version mends it.
    fixed: fixedInVersion === 'NotAvailable' ? undefined : fixedInVersion,
    url: details?.sourceUrl,
  }))
}

function asSeverity(text: string | undefined): Severity {
  return SEVERITIES.find((severity) => severity === text) ?? 'UNDEFINED'
}
