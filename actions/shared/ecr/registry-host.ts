import {InputError} from '../core/errors.ts'

/** A registry that images are pushed to. */
export interface RegistryHost {
  /** The host as it stands in image references, with a port if it has one. */
  readonly host: string
  /** `private`: an ECR registry of an account. `public`: the ECR Public gallery. `other`: any other address. */
  readonly kind: 'private' | 'public' | 'other'
  /** The 12 digits of the owning account; only for `private`. */
  readonly accountId?: string
  /** The region in the host name; only for `private`. */
  readonly region?: string
}

// Endpoints: https://docs.aws.amazon.com/general/latest/gr/ecr.html (IPv4, FIPS, dual-stack, and each partition's own).
const DOMAINS =
  'amazonaws\\.com\\.cn|amazonaws\\.com|amazonaws\\.eu|on\\.aws|on\\.amazonwebservices\\.com\\.cn|on\\.amazonwebservices\\.eu|' +
  'c2s\\.ic\\.gov|sc2s\\.sgov\\.gov|cloud\\.adc-e\\.uk|csp\\.hci\\.ic\\.gov'
const PRIVATE = new RegExp(`^(\\d{12})\\.dkr[.-]ecr(?:-fips)?\\.([a-z0-9-]+)\\.(?:${DOMAINS})$`)
const ALMOST_PRIVATE = /^(\d+)\.dkr[.-]ecr/
const PUBLIC: readonly string[] = ['public.ecr.aws', 'ecr-public.aws.com']
const HOST = /^[A-Za-z0-9](?:[A-Za-z0-9.-]*[A-Za-z0-9])?(?::\d{1,5})?$|^\[[0-9A-Fa-f:]+\](?::\d{1,5})?$/

/** The domain of a region's private registries, by the start of the region's name. */
const REGION_DOMAINS: readonly (readonly [string, string])[] = [
  ['cn-', 'amazonaws.com.cn'],
  ['eusc-', 'amazonaws.eu'],
  ['us-isob-', 'sc2s.sgov.gov'],
  ['us-isof-', 'csp.hci.ic.gov'],
  ['us-iso-', 'c2s.ic.gov'],
  ['eu-isoe-', 'cloud.adc-e.uk'],
]

/**
 * Reads the address of a registry: an ECR host of any partition (FIPS and dual-stack ones too), ECR Public, a bare
 * account id, or any other host.
 * @param text with or without `https://` and a trailing slash
 * @param region where a bare account id has its registry
 * @throws {InputError} for text that is no host, and for an account id that lost its leading zeros
 */
export function parseRegistryHost(text: string, region: string | undefined): RegistryHost {
  const host = text.replace(/^https?:\/\//, '').replace(/\/+$/, '')
  if (/^\d+$/.test(host)) return accountRegistry(host, region)
  const [, accountId, hostRegion] = PRIVATE.exec(host) ?? []
  if (accountId !== undefined && hostRegion !== undefined) {
    return {host, kind: 'private', accountId, region: hostRegion}
  }
  const digits = ALMOST_PRIVATE.exec(host)?.[1]
  if (digits !== undefined && digits.length !== 12) throw wrongAccount(host, digits)
  if (PUBLIC.includes(host)) return {host, kind: 'public'}
  if (!HOST.test(host)) {
    throw new InputError(
      `Input "registry" is "${text}", which is not a host name: give for example 123456789012.dkr.ecr.eu-west-1.amazonaws.com.`,
    )
  }
  return {host, kind: 'other'}
}

function accountRegistry(accountId: string, region: string | undefined): RegistryHost {
  if (accountId.length !== 12) throw wrongAccount(accountId, accountId)
  if (region === undefined) {
    throw new InputError(`Input "registry" is the account ${accountId} without a region: set "aws-region".`)
  }
  const domain = REGION_DOMAINS.find(([start]) => region.startsWith(start))?.[1] ?? 'amazonaws.com'
  return {host: `${accountId}.dkr.ecr.${region}.${domain}`, kind: 'private', accountId, region}
}

function wrongAccount(text: string, digits: string): InputError {
  // An unquoted YAML number loses its leading zeros (https://github.com/aws-actions/amazon-ecr-login/issues/48).
  const fix =
    digits.length < 12
      ? `if the id is ${digits.padStart(12, '0')}, put it in quotes`
      : 'take the 12 digits from "aws sts get-caller-identity"'
  return new InputError(
    `Input "registry" is "${text}", but an account id has 12 digits, not ${String(digits.length)}: ${fix}.`,
  )
}

/** Whether a registry is on this machine, where Docker and BuildKit speak plain HTTP. */
export function isLoopback(host: string): boolean {
  const name = host.replace(/:\d+$/, '')
  return name === 'localhost' || name === '[::1]' || /^127(?:\.\d{1,3}){3}$/.test(name)
}
