/** A task definition as AWS documents it. */
export const DEFINITION = {
  family: 'api',
  cpu: '256',
  memory: '512',
  networkMode: 'awsvpc',
  requiresCompatibilities: ['FARGATE'],
  executionRoleArn: 'arn:aws:iam::111122223333:role/x',
  volumes: [{name: 'data', efsVolumeConfiguration: {fileSystemId: 'fs-1'}}],
  containerDefinitions: [
    {
      name: 'api',
      image: '111122223333.dkr.ecr.eu-central-1.amazonaws.com/api:1',
      essential: true,
      cpu: 10,
      portMappings: [{containerPort: 3000, protocol: 'tcp'}],
      environment: [{name: 'A', value: 'b'}],
      secrets: [{name: 'S', valueFrom: 'arn:aws:secretsmanager:eu-central-1:111122223333:secret:x'}],
      mountPoints: [{sourceVolume: 'data', containerPath: '/data'}],
      healthCheck: {command: ['CMD-SHELL', 'true'], interval: 5, retries: 3},
      logConfiguration: {
        logDriver: 'awslogs',
        options: {'awslogs-group': '/ecs/api', 'awslogs-region': 'eu-central-1'},
      },
      dependsOn: [{containerName: 'init', condition: 'SUCCESS'}],
    },
  ],
}

/** Manifests with all that YAML is used for. */
export const MANIFEST = `# the app
apiVersion: apps/v1
kind: Deployment
metadata: {name: api, labels: &labels {app: api}}
spec:
  replicas: 2
  selector: {matchLabels: *labels}
  template:
    metadata: {labels: {app: api}}
    spec:
      initContainers:
        - name: init
          image: 'app:1'
      containers:
        - name: api
          image: "app:1"
          env:
            - {name: A, value: "yes"}
          command: ["sh", "-c", "echo"]
---
apiVersion: v1
kind: List
items:
  - {apiVersion: v1, kind: ConfigMap, metadata: {name: c}, data: {a: |2}}
---
apiVersion: v1
kind: ConfigMap
metadata:
  name: d
data:
  text: |
    many
    lines
`

/** A plan as \`terraform show -json\` gives it. */
export const PLAN = {
  format_version: '1.2',
  terraform_version: '1.11.4',
  applyable: true,
  complete: true,
  errored: false,
  variables: {p: {value: 'x'}},
  resource_changes: [
    {
      address: 'aws_instance.a',
      mode: 'managed',
      type: 'aws_instance',
      name: 'a',
      provider_name: 'registry.terraform.io/hashicorp/aws',
      change: {
        actions: ['delete', 'create'],
        before: {id: 'i-1', tags: {a: 'b'}, password: 's'},
        after: {tags: {a: 'c'}, password: 't'},
        after_unknown: {id: true, tags: {}},
        before_sensitive: {password: true, tags: {}},
        after_sensitive: {password: true, tags: {}},
        replace_paths: [['ami']],
        importing: {id: 'i-1'},
      },
      action_reason: 'replace_because_cannot_update',
    },
  ],
  resource_drift: [
    {
      address: 'aws_instance.a',
      mode: 'managed',
      type: 'x',
      name: 'a',
      change: {actions: ['update'], before: {}, after: {}},
    },
  ],
  output_changes: {o: {actions: ['create'], before: null, after: 'x', after_unknown: false, after_sensitive: false}},
  checks: [
    {address: {to_display: 'check.c', kind: 'check'}, status: 'fail', instances: [{problems: [{message: 'no'}]}]},
  ],
  configuration: {root_module: {resources: [{address: 'aws_instance.a', expressions: {}}]}},
}

/** What buildx says of a build that failed. */
export const BUILD_OUTPUT = `#0 building with "default" instance using docker driver
#1 [internal] load build definition from Dockerfile
#1 transferring dockerfile: 120B done
#1 DONE 0.1s

#5 [2/3] COPY package.json .
#5 CACHED

#6 [3/3] RUN npm ci
#6 0.512 npm error code E401
#6 ERROR: process "/bin/sh -c npm ci" did not complete successfully: exit code: 1
------
 > [3/3] RUN npm ci:
0.512 npm error code E401
------
Dockerfile:3
--------------------
   1 |     FROM node:24
   2 |     COPY package.json .
   3 | >>> RUN npm ci
--------------------
ERROR: failed to build: failed to solve: process "/bin/sh -c npm ci" did not complete successfully: exit code: 1
`

/** The event of a pull request, as far as anybody reads it. */
export const EVENT = {
  action: 'opened',
  number: 7,
  before: '0'.repeat(40),
  after: 'a'.repeat(40),
  repository: {
    full_name: 'acme/x',
    default_branch: 'main',
    description: 'x',
    html_url: 'https://github.com/acme/x',
    license: {spdx_id: 'MIT'},
  },
  head_commit: {id: 'a'.repeat(40), timestamp: '2026-01-01T00:00:00Z'},
  release: {tag_name: 'v1.0.0', id: 1},
  pull_request: {
    number: 7,
    head: {sha: 'a'.repeat(40), ref: 'x', repo: {full_name: 'acme/x'}},
    base: {sha: 'b'.repeat(40), ref: 'main', repo: {full_name: 'acme/x'}},
    labels: [{name: 'allow-destroy'}],
  },
}

/** The event of a comment on a pull request. */
export const COMMENT_EVENT = {
  action: 'created',
  issue: {number: 7, pull_request: {url: 'https://api.github.com/repos/acme/x/pulls/7'}},
  comment: {id: 1, body: '/deploy', created_at: '2026-01-01T00:00:00Z', user: {login: 'ana', type: 'User'}},
}

/** Lines of \`terraform apply -json\`. */
export const UI_LINE = {
  '@level': 'error',
  '@message': 'Error: x',
  '@timestamp': '2026-01-01T00:00:00Z',
  type: 'diagnostic',
  diagnostic: {
    severity: 'error',
    summary: 'x',
    detail: 'y',
    address: 'a.b',
    range: {filename: 'main.tf', start: {line: 1}},
  },
  hook: {resource: {addr: 'a.b'}, action: 'create', elapsed_seconds: 1},
}
