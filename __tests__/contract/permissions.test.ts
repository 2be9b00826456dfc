import {globSync, readFileSync} from 'node:fs'
import {join} from 'node:path'

const root = join(import.meta.dirname, '../..')

/** What the actions can call, or name when AWS refuses it. */
function calledByCode(): ReadonlySet<string> {
  const sources = globSync('actions/**/*.ts', {cwd: root}).map((file) => readFileSync(join(root, file), 'utf8'))
  const names = sources.flatMap((text) => [
    ...[...text.matchAll(/\b([A-Z][A-Za-z]+)Command\b/g)].map(([, name = '']) => name),
    ...[...text.matchAll(/'(?:[a-z]+:)?([A-Z][A-Za-z]+)'/g)].map(([, name = '']) => name),
  ])
  return new Set(names)
}

// What AWS asks for beside the call itself.
const IMPLIED = new Set(['TagResource'])

// The roles of the example had rights that no action used, and missed some that find a mistake before it is deployed.
test.each(['docs/permissions.md', 'terraform/examples/github-oidc/main.tf'])(
  '%s names no right on images, services and logs that no action uses',
  (file) => {
    const named = [
      ...readFileSync(join(root, file), 'utf8').matchAll(/\b(?:ecs|ecr|logs|elasticloadbalancing):([A-Z][A-Za-z]+)/g),
    ].map(([, name = '']) => name)
    const called = calledByCode()
    expect(named.length).toBeGreaterThan(10)
    expect(named.filter((name) => !called.has(name) && !IMPLIED.has(name))).toEqual([])
  },
)

test('the role that deploys may look for what a task needs before anything is registered', () => {
  const example = readFileSync(join(root, 'terraform/examples/github-oidc/main.tf'), 'utf8')
  const deploy = example.slice(example.indexOf('"deploy" {'))
  for (const right of ['ecr:BatchGetImage', 'ecr:ListImages', 'logs:DescribeLogGroups', 'ecs:ListServices'])
    expect(deploy).toContain(`"${right}"`)
})
