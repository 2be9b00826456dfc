import fc from 'fast-check'
import {assignments} from '../../../actions/shared/ecs/assignments.ts'
import {checkDefinition} from '../../../actions/shared/ecs/check-definition.ts'
import {definitionFrom} from '../../../actions/shared/ecs/definition.ts'
import type {Definition} from '../../../actions/shared/ecs/definition.ts'
import {differenceLine, differences} from '../../../actions/shared/ecs/diff.ts'
import {render} from '../../../actions/shared/ecs/edits.ts'
import {imageProblem} from '../../../actions/shared/core/image-reference.ts'
import type {ContainerEdits, Edits} from '../../../actions/shared/ecs/what-is-edited.ts'
import {parseImage, shortImage} from '../../../actions/shared/ecs/names.ts'
import {sameDefinition} from '../../../actions/shared/ecs/normalise.ts'
import {sourceOf} from '../../../actions/shared/ecs/source.ts'
import {words} from '../../../actions/shared/ecs/words.ts'

const base: Definition = {
  family: 'streaming-api',
  networkMode: 'awsvpc',
  requiresCompatibilities: ['FARGATE'],
  cpu: '256',
  memory: '512',
  executionRoleArn: 'arn:aws:iam::111122223333:role/x',
  containerDefinitions: [
    {
      name: 'api',
      image: 'api:1',
      environment: [
        {name: 'A', value: '1'},
        {name: 'B', value: ''},
      ],
      secrets: [{name: 'S', valueFrom: 'arn:s'}],
      logConfiguration: {logDriver: 'awslogs', options: {'awslogs-group': '/x'}},
    },
    {name: 'proxy', image: 'proxy:1', essential: false},
  ],
}

const nothing: ContainerEdits = {
  environment: new Map(),
  removeEnvironment: [],
  exclusive: false,
  secrets: new Map(),
  removeSecrets: [],
  environmentFiles: undefined,
  command: undefined,
  entryPoint: undefined,
  dockerLabels: new Map(),
  logDriver: undefined,
  logOptions: new Map(),
}

function edits(container: Partial<ContainerEdits>, rest: Partial<Edits> = {}): Edits {
  const whole = {
    containers: ['api'],
    image: undefined,
    images: new Map<string, string>(),
    cpu: undefined,
    memory: undefined,
  }
  const roles = {taskRoleArn: undefined, executionRoleArn: undefined, patch: undefined}
  return {...whole, ...roles, ...rest, container: {...nothing, ...container}}
}

const rendered = (container: Partial<ContainerEdits>, rest: Partial<Edits> = {}): string[] =>
  differences(base, render(base, edits(container, rest))).map(differenceLine)

describe('edits', () => {
  test.each<[string, Partial<ContainerEdits>, Partial<Edits>, string[]]>([
    ['nothing', {}, {}, []],
    [
      'an image by digest, host with port',
      {},
      {image: 'localhost:4566/api@sha256:51ab0000000000000000'},
      ['api: image api:1 → …/api@sha256:51ab00000000…'],
    ],
    [
      'different images',
      {},
      {
        images: new Map([
          ['api', 'a:2'],
          ['proxy', 'p:2'],
        ]),
      },
      ['api: image api:1 → a:2', 'proxy: image proxy:1 → p:2'],
    ],
    ['a variable set', {environment: new Map([['C', 'x=y']])}, {}, ['api: environment + C']],
    ['a variable changed', {environment: new Map([['A', '2']])}, {}, ['api: environment ~ A']],
    ['a variable taken away', {removeEnvironment: ['A']}, {}, ['api: environment − A']],
    [
      'only what is given',
      {environment: new Map([['C', '1']]), exclusive: true},
      {},
      ['api: environment − A', 'api: environment − B', 'api: environment + C', 'api: secret − S'],
    ],
    [
      'a variable becomes a secret',
      {secrets: new Map([['A', 'arn:a']])},
      {},
      ['api: environment − A', 'api: secret + A'],
    ],
    ['a log option with two =', {logOptions: new Map([['tag', 'a=b=c']])}, {}, ['api: log option + tag']],
    [
      'another log driver',
      {logDriver: 'fluentd'},
      {},
      ['api: logConfiguration.logDriver awslogs → fluentd', 'api: log option − awslogs-group'],
    ],
    ['a label with =', {dockerLabels: new Map([['traefik.rule', 'Host==x=1']])}, {}, ['api: label + traefik.rule']],
    ['a command', {command: ['node', 'x.js']}, {}, ['api: command + ["node","x.js"]']],
    ['sizes', {}, {cpu: '512', memory: '1024'}, ['cpu 256 → 512', 'memory 512 → 1024']],
    [
      'a patch',
      {},
      {
        patch: {
          containerDefinitions: [
            {name: 'proxy', $remove: true},
            {name: 'api', memory: 128},
            {name: 'log', image: 'log:1'},
          ],
        },
      },
      ['api: memory + 128', 'container − proxy', 'container + log log:1'],
    ],
  ])('%s', (_name, container, rest, lines) => {
    expect(rendered(container, rest).sort()).toEqual([...lines].sort())
  })

  test('an empty value is kept, and a value of several lines too', () => {
    const made = render(
      base,
      edits({
        environment: new Map([
          ['CERT', 'one\ntwo'],
          ['EMPTY', ''],
        ]),
      }),
    )
    expect(made.containerDefinitions?.[0]?.environment).toEqual([
      {name: 'A', value: '1'},
      {name: 'B', value: ''},
      {name: 'CERT', value: 'one\ntwo'},
      {name: 'EMPTY', value: ''},
    ])
  })

  test('no value of a variable or secret is ever shown', () => {
    fc.assert(
      fc.property(fc.string({minLength: 12}), (value) => {
        const lines = rendered({environment: new Map([['TOKEN', value]]), secrets: new Map([['PASSWORD', value]])})
        expect(lines).toEqual(['api: environment + TOKEN', 'api: secret + PASSWORD'])
      }),
    )
  })

  test.each<[string, Partial<Edits>, RegExp]>([
    ['an unknown container', {containers: ['apo']}, /"container-name" names "apo".*did you mean "api"/],
    [
      'an unknown container in images',
      {images: new Map([['prox', 'x']])},
      /"images" names "prox".*did you mean "proxy"/,
    ],
    ['which of two', {containers: [], image: 'x'}, /"container-name" is needed: .*2 containers \(api, proxy\)/],
    [
      'a patch with a wrong key',
      {patch: {netwrokMode: 'host'}},
      /unknown key "netwrokMode": did you mean "networkMode"/,
    ],
  ])('%s is refused', (_name, rest, sentence) => {
    expect(() => render(base, edits({}, rest))).toThrow(sentence)
  })
})

describe('what is the same to ECS', () => {
  const registered = {
    ...base,
    volumes: [],
    placementConstraints: [],
    containerDefinitions: [
      {...base.containerDefinitions?.[1], cpu: 0, mountPoints: [], environment: []},
      {
        ...base.containerDefinitions?.[0],
        cpu: 0,
        essential: true,
        environment: [...(base.containerDefinitions?.[0]?.environment ?? [])].reverse(),
        volumesFrom: [],
        systemControls: [],
      },
    ],
  }

  test('what ECS fills in, empty lists, and order', () => {
    expect(sameDefinition(base, registered)).toBe(true)
    expect(differences(base, registered)).toEqual([])
  })

  test.each<[string, Definition, Definition]>([
    ['vCPU and GB', {...base, cpu: '.25 vCPU', memory: '0.5 GB'}, base],
    ['ports under awsvpc', port({containerPort: 80}), port({containerPort: 80, hostPort: 80, protocol: 'tcp'})],
    [
      'the usual health check',
      health({command: ['x']}),
      health({command: ['x'], interval: 30, timeout: 5, retries: 3}),
    ],
  ])('%s', (_name, one, two) => {
    expect(sameDefinition(one, two)).toBe(true)
  })

  test.each<[string, Definition]>([
    [
      'the order of a command',
      {...base, containerDefinitions: [{...base.containerDefinitions?.[0], command: ['b', 'a']}]},
    ],
    [
      'an empty variable instead of none',
      {...base, containerDefinitions: [{...base.containerDefinitions?.[0], environment: [{name: 'A', value: '1'}]}]},
    ],
  ])('%s is a difference', (_name, other) => {
    const first = {
      ...base,
      containerDefinitions: [
        {...base.containerDefinitions?.[0], ...(_name.includes('command') && {command: ['a', 'b']})},
      ],
    }
    expect(sameDefinition(first, other)).toBe(false)
  })

  function port(mapping: object): Definition {
    return {...base, containerDefinitions: [{name: 'api', portMappings: [mapping]}]}
  }
  function health(healthCheck: {command: string[]; interval?: number; timeout?: number; retries?: number}): Definition {
    return {...base, containerDefinitions: [{name: 'api', healthCheck}]}
  }
})

describe('a definition from a file', () => {
  test('the wrapper of describe-task-definition is taken off, describe-only fields and nulls go, tags stay', () => {
    const described = {
      taskDefinition: {
        ...base,
        taskDefinitionArn: 'arn:x',
        revision: 3,
        status: 'ACTIVE',
        requiresAttributes: [],
        compatibilities: [],
        registeredAt: 1,
        registeredBy: 'x',
        deregisteredAt: null,
        deleteRequestedAt: 2,
        pidMode: null,
      },
      tags: [{key: 'team', value: 'a'}],
    }
    expect(definitionFrom(described, 'f.json')).toEqual({...base, tags: [{key: 'team', value: 'a'}]})
  })

  test.each<[string, unknown, RegExp]>([
    ['a list', [], /f.json does not hold a task definition/],
    ['no family', {containerDefinitions: [{name: 'a'}]}, /no "family"/],
    ['no containers', {family: 'x', containerDefinitions: []}, /no "containerDefinitions"/],
    ['a misspelt key', {...base, memmory: '1'}, /unknown key "memmory": did you mean "memory"/],
    [
      'a misspelt key deep inside',
      {family: 'x', containerDefinitions: [{name: 'a', healthCheck: {comand: ['x']}}]},
      /unknown key "comand" in containerDefinitions\[0\]\.healthCheck: did you mean "command"/,
    ],
  ])('%s is refused', (_name, data, sentence) => {
    expect(() => definitionFrom(data, 'f.json')).toThrow(sentence)
  })

  test('new keys of the API are known: the list is the one of the SDK', () => {
    const data = {
      ...base,
      enableFaultInjection: true,
      containerDefinitions: [{name: 'a', image: 'x', versionConsistency: 'disabled', restartPolicy: {enabled: true}}],
    }
    expect(() => definitionFrom(data, 'f.json')).not.toThrow()
  })
})

describe('what ECS would refuse', () => {
  test.each<[string, Partial<Definition>, RegExp]>([
    ['a size that is none', {cpu: '300'}, /cpu "300" is no Fargate size/],
    ['a memory that does not go with it', {memory: '3072'}, /memory "3072" does not go with cpu "256"/],
    ['1536 MiB on a quarter vCPU', {memory: '1536'}, /does not go with/],
    ['no awsvpc', {networkMode: 'bridge'}, /"awsvpc"/],
    [
      'no execution role',
      {executionRoleArn: ''},
      /writes to CloudWatch Logs, reads secrets, which needs an "executionRoleArn"/,
    ],
    ['no image', {containerDefinitions: [{name: 'a'}]}, /container "a" has no image/],
    ['a placeholder', {containerDefinitions: [{name: 'a', image: '<IMAGE>'}]}, /placeholder image "<IMAGE>"/],
    [
      'one name twice',
      {
        containerDefinitions: [
          {name: 'a', image: 'x'},
          {name: 'a', image: 'x'},
        ],
      },
      /two containers are called "a"/,
    ],
    [
      'a variable that is a secret too',
      {
        containerDefinitions: [
          {name: 'a', image: 'x', environment: [{name: 'K', value: ''}], secrets: [{name: 'K', valueFrom: 'arn'}]},
        ],
      },
      /"K" both as environment and as secret/,
    ],
  ])('%s', (_name, part, sentence) => {
    expect(() => {
      checkDefinition({...base, ...part})
    }).toThrow(sentence)
  })

  // What `image:` becomes where an output of another job is empty, or was masked. A revision was registered for it, and
  // the service disturbed, before a registry said that there is no such image.
  test.each([
    ['a digest that did not come', 'r.example.com/streaming-api@', /"@": the digest behind it is empty/],
    ['a tag that did not come', 'r.example.com:5000/streaming-api:', /":": the tag behind it is empty/],
    ['an account that did not come', '.dkr.ecr.eu-central-1.amazonaws.com/a:v1', /no registry before "\/a"/],
    ['a registry that did not come', '/streaming-api:v1', /no registry before "\/streaming-api"/],
    ['an account that was masked', '***.dkr.ecr.eu-central-1.amazonaws.com/a:v1', /where a masked text was/],
    ['a digest that is a tag', 'r.example.com/a@v1', /no digest behind its "@"/],
    ['capitals', 'Streaming-API:v1', /has capitals in its name: use "streaming-api"/],
    ['a tag that is none', 'a:-v1', /has the tag "-v1", which is none/],
    ['a path with a hole', 'r.example.com/team//a', /names no repository/],
  ])('an image that is no reference: %s', (_name, image, sentence) => {
    expect(() => {
      checkDefinition({...base, containerDefinitions: [{name: 'a', image}]})
    }).toThrow(sentence)
  })

  test.each([
    'busybox',
    'node:24-alpine',
    'localhost:4566/a:v1',
    'localhost/a',
    'r.example.com:5000/team/my_app.web__x--y:1.2.3_rc.1',
    'public.ecr.aws/docker/library/node:24',
    `111122223333.dkr.ecr.eu-central-1.amazonaws.com/a@sha256:${'a'.repeat(64)}`,
    `111122223333.dkr.ecr.eu-central-1.amazonaws.com/a:v1@sha256:${'a'.repeat(64)}`,
    '[::1]:5000/a',
    'GHCR.io/acme/app:V1',
  ])('%s is a reference to an image', (image) => {
    expect(imageProblem(image)).toBeUndefined()
  })

  test.each([
    ['256', '1024'],
    ['.5 vCPU', '4 GB'],
    ['4096', '30720'],
    ['16384', '122880'],
    ['32768', '1'],
  ])('cpu %s with memory %s is left to ECS or right', (cpu, memory) => {
    expect(() => {
      checkDefinition({...base, cpu, memory})
    }).not.toThrow()
  })
})

describe('words of a command', () => {
  test.each<[string, string[]]>([
    [`node src/migrate.js`, ['node', 'src/migrate.js']],
    [`sh -c 'echo  hi there'`, ['sh', '-c', 'echo  hi there']],
    [`a  "b \\"c\\" $x"   d\\ e`, ['a', 'b "c" $x', 'd e']],
    [`x --name='a'"b"c`, ['x', '--name=abc']],
    [`x ''`, ['x', '']],
    [`["sh", "-c", "a b"]`, ['sh', '-c', 'a b']],
  ])('%s', (text, expected) => {
    expect(words('command', text)).toEqual(expected)
  })

  test.each([
    [`sh -c 'x`, /quote that is never closed/],
    ['["a", 1]', /JSON list of texts/],
    ['["a"', /JSON list of texts/],
  ])('%s is refused', (text, sentence) => {
    expect(() => words('command', text)).toThrow(sentence)
  })

  test('any words survive quoting', () => {
    fc.assert(
      fc.property(fc.array(fc.string(), {minLength: 1}), (list) => {
        const text = list.map((word) => `'${word.replaceAll("'", `'"'"'`)}'`).join(' ')
        expect(words('command', text)).toEqual(list)
      }),
    )
  })
})

describe('names with values', () => {
  const pairs = (text: string): [string, string][] => [...assignments('environment-variables', text)]

  test.each<[string, string, [string, string][]]>([
    [
      'lines',
      'A=1\n\n# comment=3\n B = x=y \nC=',
      [
        ['A', '1'],
        ['B', 'x=y'],
        ['C', ''],
      ],
    ],
    [
      'JSON',
      '{"A": "1", "B": 2, "C": true}',
      [
        ['A', '1'],
        ['B', '2'],
        ['C', 'true'],
      ],
    ],
    [
      'several lines',
      'A<<END\none\n two=2\nEND\nB=1',
      [
        ['A', 'one\n two=2'],
        ['B', '1'],
      ],
    ],
  ])('%s', (_name, text, expected) => {
    expect(pairs(text)).toEqual(expected)
  })

  test.each([
    ['no =', 'A=1\n\nsecret-value', /line 3, is not NAME=value: add the missing "="/],
    ['twice', 'A=1\nA=2', /gives "A" twice/],
    ['never closed', 'A<<END\none', /never closes it/],
    ['broken JSON', '{"A": secret-value}', /starts like a JSON object/],
    ['nested JSON', '{"A": {"secret-value": 1}}', /"A" must be a text/],
  ])('%s is refused without showing a value', (_name, text, sentence) => {
    expect(() => pairs(text)).toThrow(sentence)
    expect(() => pairs(text)).not.toThrow(/secret-value/)
  })
})

test.each([
  ['service', {kind: 'service'}],
  ['streaming-api', {kind: 'registered', name: 'streaming-api'}],
  ['streaming-api:41', {kind: 'registered', name: 'streaming-api:41'}],
  [
    'arn:aws-cn:ecs:cn-north-1:1:task-definition/x:1',
    {kind: 'registered', name: 'arn:aws-cn:ecs:cn-north-1:1:task-definition/x:1'},
  ],
  ['task-definition.json', {kind: 'file', path: 'task-definition.json'}],
  ['./ecs/api', {kind: 'file', path: './ecs/api'}],
])('the source of %s', (input, expected) => {
  expect(sourceOf(input)).toEqual(expected)
})

test.each([
  ['repo', {repository: 'repo', tag: undefined, digest: undefined}, 'repo:latest'],
  ['host:5000/a/repo', {repository: 'host:5000/a/repo', tag: undefined, digest: undefined}, '…/repo:latest'],
  ['host:5000/repo:v1', {repository: 'host:5000/repo', tag: 'v1', digest: undefined}, '…/repo:v1'],
  [
    'repo:v1@sha256:51ab000000001111',
    {repository: 'repo', tag: 'v1', digest: 'sha256:51ab000000001111'},
    'repo@sha256:51ab00000000…',
  ],
])('the parts of %s', (image, parts, short) => {
  expect(parseImage(image)).toEqual(parts)
  expect(shortImage(image)).toBe(short)
})
