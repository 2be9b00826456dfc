import type {ChangeKind} from './change-kind.ts'
import type {Reference} from './references.ts'
import type {Secrets} from './secrets.ts'

/** One object of the plan and what would happen to it. */
export interface ResourceChange {
  readonly address: string
  /** The key of a leftover of an earlier replacement: the same address may then occur twice. */
  readonly deposed?: string
  readonly module: string
  readonly type: string
  readonly mode: string
  readonly actions: readonly string[]
  readonly kind: ChangeKind
  readonly previousAddress?: string
  /** The id (or identity) that it is imported from. */
  readonly importing?: string
  readonly reason?: string
  /** Which attributes force a replacement: `ami`, `triggers.0.value`. */
  readonly forcedBy: readonly string[]
  readonly values: ValueChange
}

/** Values before and after, with the plan's own marks of what is secret and what is not known yet. */
export interface ValueChange {
  readonly before: unknown
  readonly after: unknown
  readonly afterUnknown: unknown
  readonly beforeSensitive: unknown
  readonly afterSensitive: unknown
}

/** A root output and what would happen to it. */
export interface OutputChange {
  readonly name: string
  readonly actions: readonly string[]
  readonly sensitive: boolean
  readonly values: ValueChange
}

/** An action of the configuration that the apply would invoke: a command, a function, whatever a provider offers. */
export interface Invocation {
  readonly address: string
  /** What sets it off, in words: `after create of terraform_data.a`; empty when the plan does not say. */
  readonly trigger: string
  /** What it is invoked with; there is nothing before. */
  readonly values: ValueChange
}

/** The result of one check, precondition or postcondition of the configuration. */
export interface CheckResult {
  readonly address: string
  readonly status: string
  readonly problems: readonly string[]
}

/** A plan, read as data. */
export interface Plan {
  readonly toolVersion: string
  /** All objects, those without a change too. */
  readonly resources: readonly ResourceChange[]
  /** Changes made outside of Terraform that this plan depends on. */
  readonly drift: readonly ResourceChange[]
  /** How many other objects were changed outside without an effect on this plan. */
  readonly otherDrift: number
  readonly outputs: readonly OutputChange[]
  readonly checks: readonly CheckResult[]
  /** Addresses whose changes are put off to a later plan, each with the reason. */
  readonly deferred: readonly string[]
  /** Actions that the apply would invoke (Terraform 1.14 and later). */
  readonly invocations: readonly Invocation[]
  /** Which objects of the configuration refer to which. */
  readonly references: readonly Reference[]
  /** Every value that is marked as sensitive somewhere. */
  readonly secrets: Secrets
  /** Whether an apply would do anything. */
  readonly applyable: boolean
  /** Whether another plan is needed after this one (`target`, `exclude`, deferred changes). */
  readonly complete: boolean
  /** Whether planning failed half way; such a plan is never applied. */
  readonly errored: boolean
}
