import {presign, serviceHost} from './signature.ts'
import type {SigningKey} from './signature.ts'

/** A bearer token for an EKS cluster. */
export interface EksToken {
  readonly token: string
  /** When kubectl should ask for the next one, in milliseconds since the epoch. */
  readonly expires: number
}

/**
 * STS honours a presigned GetCallerIdentity for 15 minutes from its date; clocks of runner and cluster may differ, and
 * a call that starts with the last second of a token still has to end.
 */
const LIFETIME_MS = 12 * 60_000

/**
 * The token that an EKS cluster takes for proof of who we are: a presigned STS GetCallerIdentity, bound to the cluster
 * by the signed header `x-k8s-aws-id`
 * (https://github.com/kubernetes-sigs/aws-iam-authenticator#api-authorization-from-outside-a-cluster). Made without
 * the aws binary, and without the SDK's presigner, which adds a query parameter that the cluster refuses.
 * @param cluster the cluster's name
 * @param now milliseconds since the epoch
 */
export function eksToken(key: SigningKey, region: string, cluster: string, now: number): EksToken {
  const host = serviceHost('sts', region)
  const query = {Action: 'GetCallerIdentity', Version: '2011-06-15', 'X-Amz-Expires': '60'}
  const headers = {host, 'x-k8s-aws-id': cluster}
  const url = `https://${host}/?${presign(key, {service: 'sts', region, path: '/', query, headers}, now)}`
  return {token: `k8s-aws-v1.${Buffer.from(url).toString('base64url')}`, expires: now + LIFETIME_MS}
}
