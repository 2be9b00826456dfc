import {clientConfig} from '../aws/client-config.ts'
import {explainAwsError} from '../aws/errors.ts'
import {InputError} from '../core/errors.ts'
import type {World} from '../core/world.ts'
import {S3Objects} from './s3-objects.ts'
import {fileName} from './store.ts'
import type {Entry, Store} from './store.ts'

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

/**
 * Keeps entries in S3, encrypted by the bucket's own rule. Needs s3:PutObject, s3:GetObject to read them, and
 * s3:DeleteObject to drop one.
 */
export function s3Store(world: World, {bucket, prefix}: S3Place, action: string): Store {
  const objects = new S3Objects(world, bucket, clientConfig(world.env, action))
  const keyOf = (entry: Entry): string => [prefix, fileName(entry)].filter(Boolean).join('/')
  const call = async <T>(iamAction: string, called: Promise<T>): Promise<T> =>
    await called.catch((error: unknown) => {
      throw explained(error, bucket, iamAction)
    })
  return {
    place: (entry) => `s3://${bucket}/${keyOf(entry)}`,
    put: async (entry, content) => {
      await call('s3:PutObject', objects.put(keyOf(entry), content))
    },
    find: async (entry) => await call('s3:GetObject', objects.get(keyOf(entry))),
    drop: async (entry) => {
      await call('s3:DeleteObject', objects.remove(keyOf(entry)))
    },
  }
}

function explained(error: unknown, bucket: string, iamAction: string): unknown {
  if (error instanceof Error && error.name === 'NoSuchBucket') {
    return new InputError(`Input "plan-store" names the bucket "${bucket}", which does not exist.`)
  }
  return explainAwsError(error, iamAction)
}
