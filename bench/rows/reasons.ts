import type {Shortfall} from '../core/row.ts'

/** Why figures are missed where they are, by what they have in common; the numbers behind them are in NOTES.md. */

/** Peak memory of a refused input. */
export const BARE_NODE: Shortfall = {
  why: 'bare Node takes 41 MiB of our 51, as much as 0.6 of most of these peers or more; of the 10 MiB between, Node’s own `crypto` and `fs/promises` are 5 and our modules the rest.',
  next: 'an output of one line written as `name=value`, for which no delimiter need be drawn, and `crypto` when a fence or a longer output first needs it: some 47 MiB would do beside amazon-ecs-deploy-task-definition and render-task-definition, and beside no smaller peer. Flags of V8 are not an action’s to choose, and a smaller young generation saves but 2 MiB.',
}

/** Peak memory of a step that asks AWS. */
export const SDK_IN_MEMORY: Shortfall = {
  why: 'bare Node is 42 MiB of it, and its `https` with TLS 9 more, which leaves some 10 MiB for 0.6 of the peer; the AWS SDK alone needs more, and a smaller young generation of V8 saves but 2 MiB.',
  next: 'an ECR and ECS client that holds the schemas of the calls we make and no others, if the SDK comes to offer one.',
}

/** The same with a builder and a registry that are real. */
export const BUILDING: Shortfall = {
  why: `${SDK_IN_MEMORY.why} Here the log of the build, its progress and what the registry answers come on top.`,
  next: SDK_IN_MEMORY.next,
}

/** Time and CPU of a first build, where they are missed by little. */
export const FIRST_BUILD: Shortfall = {
  why: 'most of it is compiling and running the 0.55 MB that hold the ECR client. On a quiet machine it has been 0.44 to 0.60 of the peer, so that little decides; a step of a third of a second suffers most from other work.',
  next: SDK_IN_MEMORY.next,
}

/** `mode: register` beside a peer that makes one call. */
export const REGISTERS: Shortfall = {
  why: 'about a third of the time is compiling and running the 0.57 MB that hold the ECS client, and 8 % is the reader of YAML, which reads JSON, too; the peer reads JSON alone, with what Node has.',
  next: 'read a task definition as JSON where it is JSON, once keys that stand twice in it are still refused, and load the reader of YAML for the others alone.',
}

/** A plan so small that what is done around it is all there is. */
export const SMALL_PLAN: Shortfall = {
  why: 'rendering is a few milliseconds of it. Ours runs `plan` and keeps what it made, where the peer shows a plan that is there: the plan is sealed and stored, and deriving the key of the seal costs 0.1 s of CPU and 32 MiB by intent (scrypt), for which the peer has nothing.',
  next: 'HKDF instead of scrypt for a key that is 32 random bytes by its form: some 66 MiB and 0.25 s of CPU would be left, still more than 0.6 of the peer.',
}

/** Bytes of terraform-plan. */
export const UNDICI: Shortfall = {
  why: 'a third of it, 0.43 MB, is undici, which `@actions/github` and `@actions/http-client` bring for their proxies although Node has a fetch of its own; another 0.46 MB are credentials and signatures for plans in S3. The peer has undici, too, and stores nothing.',
  next: 'a fetch for `@actions/github` that goes through a proxy without undici: that would be 0.86 MB, 0.53 of theirs.',
}

/** Bytes of kubectl-rollout. */
export const AWS_IN_KUBECTL: Shortfall = {
  why: 'ours alone is 0.19 MB, the reader of YAML 0.12; 0.54 MB are the AWS SDK, by which it signs in to EKS without the AWS CLI and refreshes secrets for pulling from ECR. The peer leaves both to other steps and the work to kubectl.',
  next: 'providers of credentials that no runner has (SSO, sign-in, CBOR, event streams, the reader of browsers’ names: 0.14 MB) and the ECR client (0.06 MB) left out would make it 0.69 MB, 0.58 of theirs.',
}

/** Time and CPU that should grow with the resources. */
export const GROWTH: Shortfall = {
  why: 'linear is 500 %; runs have come to 470 to 560 %, as the two sizes are measured one after the other and what else the machine does falls on one of them. What is truly above is the garbage collector, whose heap of changes is five times as large.',
  next: 'let changes go one by one when they are rendered, as their JSON already does.',
}

/** How long a rollout is looked at once it is complete, where nothing tells that it works. */
export const HELD: Shortfall = {
  why: 'a container without a readiness probe counts as ready when it has started, whatever becomes of it: such a rollout is watched 3 s more (`stable-for`), so that a version that exits at once is red.',
  next: 'a readiness probe in the manifest, with which the lag is that of the row above, or `stable-for: 0s`; less than 3 s would miss programs that take a second or two to fail.',
}

/** Seconds of the whole chain. */
export const WAITS: Shortfall = {
  why: 'what both chains share is in it: terraform’s init and plan, tasks that start and pass their health check, pods that become ready. At a load of 8 it has been 0.56, at 12 to 16 it was 0.82 to 1.13: ours works the processor hardest while it plans (terraform starts its provider once more, to give the plan as data), so other work on the machine falls on that job, and theirs mostly waits.',
  next: 'build and plan side by side, which would save 4 to 10 s: first the repository of the image must come from the plan alone, as the very first build makes it now, and the plan then takes it over.',
}
