import {readFile} from 'node:fs/promises'
import {declarationsIn, freshReadme, moduleReadmes, moduleTables} from '../../scripts/module-docs.ts'

const FILE = `# A comment.
variable "name" {
  description = "Name of a \\"thing\\" | or two."
  type        = string

  validation {
    condition     = var.name != ""
    error_message = "name is empty."
  }
}

variable "roles" {
  description = <<-TEXT
    Roles by name,
    each with its subjects.
  TEXT
  type = map(object({
    subjects = set(string)
    seconds  = optional(number, 3600)
  }))
  default = {
    plan = { subjects = ["pull_request"] }
  }
}

output "arn" {
  description = "The ARN."
  value       = aws_iam_role.this.arn
}
`

test('variables and outputs are read with what their blocks say, and nothing of the blocks inside them', () => {
  const [name, roles, arn] = declarationsIn(FILE)
  expect([name?.kind, name?.name, arn?.kind]).toEqual(['variable', 'name', 'output'])
  expect(Object.keys(name?.arguments ?? {})).toEqual(['description', 'type'])
  expect(roles?.arguments).toEqual({
    description: '"Roles by name, each with its subjects."',
    type: 'map(object({ subjects = set(string), seconds = optional(number, 3600) }))',
    default: '{ plan = { subjects = ["pull_request"] } }',
  })
})

test('a variable without a default is required, and a bar does not break the table', () => {
  const {inputs, outputs} = moduleTables(declarationsIn(FILE))
  expect(inputs).toContain('| `name` | Name of a "thing" \\| or two. | `string` | **required** |')
  expect(outputs).toContain('| `arn` | The ARN. |')
})

test('every module has a README, with the tables of its variables and outputs as they are', async () => {
  const readmes = await moduleReadmes()
  expect(readmes).toEqual(
    expect.arrayContaining(
      ['eks', 'fargate-service', 'github-oidc', 'network', 'registry'].map(
        (name) => `terraform/modules/${name}/README.md`,
      ),
    ),
  )
  for (const readme of readmes) {
    const [written, fresh] = [await readFile(readme, 'utf8'), await freshReadme(readme)]
    expect([readme, written === fresh]).toEqual([readme, true])
    for (const declaration of fresh.matchAll(/^\| `(\w+)` \| {2}\|/gm))
      throw new Error(`${readme}: ${declaration[1] ?? ''} has no description`)
  }
})
