import {readFileSync} from 'node:fs'
import {join} from 'node:path'
import {diagnosticsFromText} from '../../../actions/shared/terraform/diagnostics.ts'
import {guardCounts, guarded, parseGuard} from '../../../actions/shared/terraform/guard.ts'
import {backendConfigText, hclString, variablesFile} from '../../../actions/shared/terraform/hcl.ts'
import {describeLock, lockAge, parseLock, unansweredLock} from '../../../actions/shared/terraform/lock.ts'
import {planText} from '../../../actions/shared/terraform/make-plan.ts'
import {planArgv} from '../../../actions/shared/terraform/plan-argv.ts'
import {readPlan} from '../../../actions/shared/terraform/read-plan.ts'
import {readUiLine} from '../../../actions/shared/terraform/ui.ts'

describe('variables', () => {
  test.each([
    ['tag=v1.4.0', 'tag = "v1.4.0"\n'],
    ['tag = v1.4.0 # is text too', 'tag = "v1.4.0 # is text too"\n'],
    ['n=3', 'n=3\n'],
    ['n=3.5', 'n=3.5\n'],
    ['version=1.4.0', 'version = "1.4.0"\n'],
    ['on=true', 'on=true\n'],
    ['nothing=null', 'nothing=null\n'],
    ['truth=trueish', 'truth = "trueish"\n'],
    ['text="quoted"', 'text="quoted"\n'],
    ['list=["a", "b"]', 'list=["a", "b"]\n'],
    ['map={\n  a = b\n}', 'map={\n  a = b\n}\n'],
    ['text=<<EOT\nx=y\nEOT\nz=w', 'text=<<EOT\nx=y\nEOT\nz = "w"\n'],
    ['p=a"b\\c${d}%{e}', 'p = "a\\"b\\\\c$${d}%%{e}"\n'],
    ['# a comment\n\nx=', '# a comment\n\nx = ""\n'],
  ])('%j', (input, text) => {
    expect(variablesFile(input)).toEqual({text, extension: '.tfvars'})
  })

  test('a JSON object stays one', () => {
    expect(variablesFile('{"a": 1}')).toEqual({text: '{"a": 1}', extension: '.tfvars.json'})
  })

  test('JSON that is broken is refused without showing it', () => {
    expect(() => variablesFile('{"password": "hunter2",}')).toThrow(/^Input "variables" starts like JSON(?!.*hunter2)/)
  })
})

test('backend configuration is HCL in which nothing is a template', () => {
  const pairs = new Map([
    ['bucket', 'b'],
    ['use_lockfile', 'true'],
    ['endpoints', '{s3="http://x"}'],
    ['key', 'a/${b}'],
  ])
  expect(backendConfigText(pairs)).toBe(
    'bucket = "b"\nuse_lockfile = "true"\nendpoints = {s3="http://x"}\nkey = "a/$${b}"\n',
  )
  expect(hclString('a\nb')).toBe('"a\\nb"')
})

describe('locks', () => {
  const text = `Error message: resource temporarily unavailable
Lock Info:
  ID:        848e3672-5194-4cf3-bf95-e52301ed1d6b
  Path:      bucket/state.tfstate
  Operation: OperationTypeApply
  Who:       root@vm
  Version:   1.11.4
  Created:   2026-11-23 14:24:13.626512316 +0000 UTC
  Info:      

Terraform acquires a state lock`

  test('holder, age and id', () => {
    const lock = parseLock(text)!
    expect(lock).toMatchObject({
      id: '848e3672-5194-4cf3-bf95-e52301ed1d6b',
      who: 'root@vm',
      path: 'bucket/state.tfstate',
    })
    const now = Date.UTC(2026, 10, 23, 14, 27, 15)
    expect(lockAge(lock, now)).toBe(182_000)
    expect(describeLock(lock, now)).toBe(
      'held by root@vm for 3 min 2 s (apply), lock id 848e3672-5194-4cf3-bf95-e52301ed1d6b',
    )
  })

  test('a lock without a time or a holder', () => {
    const lock = parseLock('Lock Info:\n  ID: 42\n  Who: \n')!
    expect(describeLock(lock, 0)).toBe('held by somebody unknown, lock id 42')
  })

  test.each(['', 'Lock Info:\n', 'some other error'])('%j is no lock', (other) => {
    expect(parseLock(other)).toBeUndefined()
  })

  test('of an http backend that is the one just asked for is our own; any other is not', () => {
    const said = (there: string): string =>
      `Error message: HTTP remote state already locked:\nID=${there}\nLock Info:\n  ID:        a1\n  Who:       root@vm\n`
    expect(parseLock(said('a1'))).toEqual({id: 'a1', own: true})
    expect(parseLock(said('b2'))).toEqual({id: 'b2'})
    expect(unansweredLock([{detail: 'x'}, {detail: said('a1')}])).toBe('a1')
    expect(unansweredLock([{detail: said('b2')}, {detail: 'Lock Info:\n  ID: a1\n'}])).toBeUndefined()
  })
})

describe('diagnostics in text', () => {
  test('a recorded one has its file, line and resource', () => {
    const text = readFileSync(join(import.meta.dirname, 'fixtures', 'errored.txt'), 'utf8')
    expect(diagnosticsFromText(text, 'infra/prod')).toEqual([
      {
        severity: 'error',
        summary: 'Resource precondition failed',
        detail: 'The input must be three.\n\n│ terraform_data.a.input is "two"',
        place: {file: 'infra/prod/main.tf', line: 8},
        source: 'condition     = terraform_data.a.input == "three"',
      },
    ])
  })

  test('boxes and colours are no part of it, and modules are found beside the root', () => {
    const text =
      '\u001b[31m╷\u001b[0m\n│ \u001b[1mError: \u001b[0mNope\n│ \n│   with module.m.a.b,\n│   on ../m/x.tf line 3, in resource "a" "b":\n│    3:   foo = 1\n│ \n│ Because.\n╵\n'
    expect(diagnosticsFromText(text, 'infra/prod')).toEqual([
      {
        severity: 'error',
        summary: 'Nope',
        detail: 'Because.',
        address: 'module.m.a.b',
        place: {file: 'infra/m/x.tf', line: 3},
        source: 'foo = 1',
      },
    ])
  })

  test('output without one has none', () => {
    expect(diagnosticsFromText('All is well.\n', '.')).toEqual([])
  })
})

describe('machine-readable lines', () => {
  test.each(['', 'plain words', '{broken', '[]', '{"type":1}'])('%j is text or nothing, never an error', (line) => {
    expect(() => readUiLine(line, '.')).not.toThrow()
  })

  test('an operation names its resource', () => {
    const line = JSON.stringify({
      '@message': 'a.b: Creation complete after 2s',
      type: 'apply_complete',
      hook: {resource: {addr: 'a.b'}, action: 'create', elapsed_seconds: 2},
    })
    expect(readUiLine(line, '.')).toEqual({
      type: 'apply_complete',
      text: 'a.b: Creation complete after 2s',
      address: 'a.b',
      action: 'create',
      seconds: 2,
    })
  })
})

describe('the guard', () => {
  const lost = (address: string, type: string, actions: readonly string[] = ['delete']): object => ({
    address,
    type,
    change: {actions},
  })
  const plan = readPlan(
    JSON.stringify({
      resource_changes: [
        lost('module.db.aws_db_instance.main', 'aws_db_instance', ['delete', 'create']),
        lost('aws_s3_bucket.logs["a"]', 'aws_s3_bucket'),
        lost('aws_lb.web', 'aws_lb'),
        lost('aws_s3_bucket.kept', 'aws_s3_bucket', ['update']),
        lost('aws_s3_bucket.forgotten', 'aws_s3_bucket', ['forget']),
      ],
    }),
  )
  const addresses = (rules: readonly string[], allowed: readonly string[] = []): string[] =>
    guarded(plan, parseGuard(rules), allowed).map(({address}) => address)

  test.each<[readonly string[], readonly string[], readonly string[]]>([
    [[], [], ['module.db.aws_db_instance.main', 'aws_s3_bucket.logs["a"]']],
    [['none'], [], []],
    [['protect aws_lb.*'], [], ['aws_lb.web']],
    [['protect aws_l*'], [], ['aws_lb.web']],
    [['default', 'protect aws_lb'], ['aws_s3_bucket'], ['module.db.aws_db_instance.main', 'aws_lb.web']],
    [['default'], ['*'], []],
    [['default'], ['aws_s3_bucket.logs["a"]', 'module.db.*'], []],
    [['max-destroys 3'], [], []],
    [['max-destroys 2'], [], ['module.db.aws_db_instance.main', 'aws_s3_bucket.logs["a"]', 'aws_lb.web']],
    [['max-destroys 2'], ['aws_lb.web'], []],
    [['deny aws_lb'], ['*'], ['aws_lb.web']],
    [['deny default'], ['*'], ['module.db.aws_db_instance.main', 'aws_s3_bucket.logs["a"]']],
    [['deny max-destroys 3'], [], []],
    [['deny max-destroys 2'], ['*'], ['module.db.aws_db_instance.main', 'aws_s3_bucket.logs["a"]', 'aws_lb.web']],
    [['default', 'deny aws_db_*'], ['*'], ['module.db.aws_db_instance.main']],
  ])('rules %j with %j allowed stand before %j', (rules, allowed, expected) => {
    expect(addresses(rules, allowed)).toEqual(expected)
  })

  test('what a rule denies is told apart, once, and before what an approval lets pass', () => {
    const found = guarded(plan, parseGuard(['default', 'deny aws_db_*', 'max-destroys 9']), [])
    expect(found).toEqual([
      {address: 'module.db.aws_db_instance.main', rule: 'deny aws_db_*', denied: true},
      {address: 'aws_s3_bucket.logs["a"]', rule: 'protect aws_s3_bucket'},
    ])
    expect(guardCounts(found)).toEqual({denied: 1, held: 1})
  })

  test('an object that two rules hold is counted once', () => {
    expect(guardCounts(guarded(plan, parseGuard(['default', 'max-destroys 1']), []))).toEqual({denied: 0, held: 3})
  })

  test.each([
    ...['protect', 'protect default', 'max-destroys many'],
    ...['deny', 'deny all', 'deny none', 'deny max-destroys', 'deny protect aws_lb', 'deny a b'],
  ])('the rule %j is refused', (rule) => {
    expect(() => parseGuard([rule])).toThrow(`Input "guard" has the line "${rule}": use default, none`)
  })

  test('"none" beside other rules is refused', () => {
    expect(() => parseGuard(['none', 'default'])).toThrow('keep one of the two')
  })
})

test('the arguments of plan', () => {
  const argv = planArgv(
    {
      targets: ['module.a["b c"]'],
      replaces: ['x.y'],
      excludes: [],
      varFiles: ['/v.tfvars'],
      destroy: true,
      refresh: false,
      refreshOnly: false,
      parallelism: 5,
      lockTimeout: '5m',
    },
    '/out',
  )
  expect(argv).toEqual([
    'plan',
    '-input=false',
    '-detailed-exitcode',
    '-out=/out',
    '-lock-timeout=5m',
    '-parallelism=5',
    '-var-file=/v.tfvars',
    '-target=module.a["b c"]',
    '-replace=x.y',
    '-destroy',
    '-refresh=false',
  ])
})

test.each(['create', 'no-op', 'outputs-only', 'destroy'])(
  'the text of %s begins with the plan and ends with it',
  (name) => {
    const recorded = readFileSync(join(import.meta.dirname, 'fixtures', `${name}.txt`), 'utf8').replace(
      /^exit \d\n/,
      '',
    )
    const text = planText(`a.b: Refreshing state...\n\n${recorded}`)
    expect(text).not.toMatch(/Refreshing|Saved the plan|terraform apply "plan"|─/)
    expect(text).toMatch(/^(?:Terraform (?:used|will)|No changes\.|Changes to Outputs)/)
  },
)
