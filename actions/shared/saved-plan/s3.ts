import {clientConfig} from '../aws/client-config.ts'
import {explainAwsError} from '../aws/errors.ts'
import {InputError} from '../core/errors.ts'
import type {World} from '../core/world.ts'
import {S3Objects} from './s3-objects.ts'
import {noSuchPlan, planFileName} from './store.ts'
import type {PlanStore} from './store.ts'

/** A place in S3. */
export interface S3Place {
  readonly bucket: string
  /** Without slashes at its ends; may be empty. */
  readonly prefix: string
}

/** Reads `s3://bucket/prefix`. @throws {InputError} when there is no valid bucket name in it */
export function parseS3(spec: string): S3Place {
  const [, bucket, prefix = ''] = /^s3:\/\/([a-z0-9][a-z0-9.-]{1,61}[a-z0-9])(?:\/(.*))?$/.exec(spec) ?? []
  if (bucket === undefined) {
    throw new InputError(
      `Input "plan-store" is "${spec}": give a bucket and, if you like, a prefix: s3://bucket/prefix.`,
    )
  }
  return {bucket, prefix: prefix.replace(/^\/+|\/+$/g, '')}
}

/** Keeps plans in S3, encrypted by the bucket's own rule. Needs s3:PutObject, and s3:GetObject to read them. */
export function s3Store(world: World, {bucket, prefix}: S3Place, action: string): PlanStore {
  const objects = new S3Objects(world, bucket, clientConfig(world.env, action))
  const where = `s3://${bucket}/${prefix}`
  const keyOf = (id: string): string => [prefix, planFileName(id)].filter(Boolean).join('/')
  return {
    name: where,
    put: async (id, content) => {
      await objects.put(keyOf(id), content).catch((error: unknown) => {
        throw explained(error, bucket, 's3:PutObject')
      })
    },
    get: async (id) => {
      const content = await objects.get(keyOf(id)).catch((error: unknown) => {
        throw explained(error, bucket, 's3:GetObject')
      })
      if (content === undefined) throw noSuchPlan(id, where)
      return content
    },
  }
}

function explained(error: unknown, bucket: string, iamAction: string): unknown {
  if (error instanceof Error && error.name === 'NoSuchBucket') {
    return new InputError(`Input "plan-store" names the bucket "${bucket}", which does not exist.`)
  }
  return explainAwsError(error, iamAction)
}
