import {readPlan} from '../../../actions/shared/terraform/read-plan.ts'
import {planMarkdown} from '../../../actions/shared/terraform/render.ts'

const change = (address: string, action: string, module?: string): object => ({
  address,
  type: 'aws_x',
  ...(module !== undefined && {module_address: module}),
  change: {actions: action === 'replace' ? ['delete', 'create'] : [action], before: {}, after: {}, after_unknown: {}},
})
const resource = (address: string, ...references: string[]): object => ({
  address,
  expressions: {a: [{deep: {references}}], b: {constant_value: {references: ['aws_x.none']}}},
})

function diagram(changes: readonly object[], configuration: object): string[] {
  const plan = readPlan(JSON.stringify({resource_changes: changes, configuration: {root_module: configuration}}))
  return (/```mermaid\n([\s\S]*?)\n```/.exec(planMarkdown(plan))?.[1] ?? '').split('\n').filter(Boolean)
}

test('boxes by module in the colours of a diff, arrows from what is referred to; instances are one box', () => {
  const changes = [
    change('aws_vpc.a', 'create'),
    change('module.s["x"].aws_lb.b[0]', 'replace', 'module.s["x"]'),
    change('module.s["x"].aws_lb.b[1]', 'replace', 'module.s["x"]'),
    change('module.s["x"].aws_role.c', 'delete', 'module.s["x"]'),
  ]
  const lines = diagram(changes, {
    resources: [resource('aws_vpc.a', 'var.cidr', 'local.x')],
    module_calls: {
      s: {
        expressions: {vpc: {references: ['aws_vpc.a.id', 'aws_vpc.a']}},
        module: {resources: [resource('aws_lb.b', 'aws_role.c.arn', 'var.vpc', 'data.aws_region.current.name')]},
      },
    },
  })
  expect(lines).toEqual([
    'flowchart LR',
    'subgraph m_module_s["module.s"]',
    '  r0["− aws_role.c"]',
    '  r1["∓ aws_lb.b × 2"]',
    'end',
    'r2["+ aws_vpc.a"]',
    'r2 --> m_module_s',
    'r0 --> r1',
    expect.stringMatching(/^classDef delete fill:/),
    'class r0 delete',
    expect.stringMatching(/^classDef replace /),
    'class r1 replace',
    expect.stringMatching(/^classDef create /),
    'class r2 create',
  ])
})

test('one box is no picture, and neither are a hundred', () => {
  expect(diagram([change('aws_x.a', 'create')], {})).toEqual([])
  const many = Array.from({length: 41}, (_, at) => change(`aws_x.a${String(at)}`, 'create'))
  expect(diagram(many, {})).toEqual([])
  expect(diagram(many.slice(0, 40), {})).toHaveLength(43)
})

test('of a large plan the modules are shown, with how much happens in each', () => {
  const many = (module: string, action: string): object[] =>
    Array.from({length: 30}, (_, at) => change(`${module}.aws_x.a${String(at)}`, action, module))
  const lines = diagram(
    [...many('module.net', 'create'), ...many('module.app', 'update'), change('aws_x.a', 'delete')],
    {
      module_calls: {net: {}, app: {expressions: {vpc: {references: ['module.net.vpc_id', 'module.net']}}}},
    },
  )
  expect(lines.slice(0, 5)).toEqual([
    'flowchart LR',
    'm0["root: −1"]',
    'm1["module.app: ~30"]',
    'm2["module.net: +30"]',
    'm2 --> m1',
  ])
})

test('a key of an instance cannot break the picture', () => {
  const lines = diagram([change('aws_x.a["]\\" --> b[\\""]', 'create'), change('weird "]<b>`', 'create')], {})
  expect(lines.slice(1, 3)).toEqual(['r0["+ aws_x.a"]', 'r1["+ weird #34;]#60;b#62;#96;"]'])
})
