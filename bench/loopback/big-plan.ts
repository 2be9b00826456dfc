import {BIG_PLAN_SECRET} from '../../__tests__/support/big-plan.ts'

/** The text that terraform prints beside the JSON of a big plan, about 1 kB a resource. */
export function planText(count: number): string {
  const block = (at: number): string =>
    `  # module.team_0.aws_iam_policy.thing_${String(at)} will be created\n${`      + attribute = "value ${String(at)}"\n`.repeat(20)}      + password  = "${BIG_PLAN_SECRET}-${String(at - (at % 50))}-2"\n`
  const blocks = Array.from({length: count}, (_, at) => block(at)).join('')
  return `Terraform will perform the following actions:\n\n${blocks}\nPlan: many.\n`
}
