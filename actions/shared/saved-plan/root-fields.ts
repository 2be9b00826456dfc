import * as z from 'zod/mini'

const text = z.string()

/** Which root it is that something belongs to: in which repository, folder and workspace, with its state in which backend. */
export const rootFields = {
  /** `owner/name` */
  repository: text,
  workingDirectory: text,
  workspace: text,
  backendType: text,
  backendPlace: z.record(text, text),
} as const
