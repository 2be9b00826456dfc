// The resources of __tests__/support/big-plan.ts, in turn: type, what happens to it, its sign in the text.
const TURNS = [
  ['aws_iam_policy', 'created', '+'],
  ['aws_security_group', 'updated in-place', '~'],
  undefined,
  ['aws_route53_record', 'destroyed', '-'],
  ['aws_instance', 'replaced', '-/+'],
] as const

/** The text that terraform prints beside the JSON of a big plan, about 1 kB for each resource that changes. */
export function planText(count: number): string {
  const blocks = Array.from({length: count}, (_, at) => block(at)).join('')
  return `Terraform will perform the following actions:\n\n${blocks}${closing(count)}\n`
}

// As terraform counts: what is replaced is added and destroyed.
function closing(count: number): string {
  const of = (...words: readonly string[]): number =>
    TURNS.reduce(
      (sum, turn, at) => sum + (turn && words.includes(turn[1]) ? Math.ceil((count - at) / TURNS.length) : 0),
      0,
    )
  const [add, change] = [of('created', 'replaced'), of('updated in-place')]
  return `Plan: ${String(add)} to add, ${String(change)} to change, ${String(of('destroyed', 'replaced'))} to destroy.`
}

function block(at: number): string {
  const turn = TURNS[at % TURNS.length]
  if (turn === undefined) return ''
  const [type, what, sign] = turn
  const name = `thing_${String(at)}`
  const attributes = `      ${sign.slice(-1)} attribute = "value ${String(at)}"\n`.repeat(20)
  const verb = what === 'replaced' ? 'must be' : 'will be'
  return `  # module.team_${String(at % 40)}.${type}.${name} ${verb} ${what}\n  ${sign} resource "${type}" "${name}" {\n${attributes}    }\n\n`
}
