import {appendFile, readFile, writeFile} from 'node:fs/promises'
import {join} from 'node:path'

/** What is done to a copy of the repository before it is delivered. */
export interface Change {
  readonly inject: (repository: string, registry: string) => Promise<void>
  /** An object that the change leaves in the cluster, `kind/name`; taken away after the delivery. */
  readonly leaves?: string
}

/** A bad day: a mistake of the kind people really make, and where the chain has to stop because of it. */
export interface Fault extends Change {
  /** What was done wrong, for the person who watches. */
  readonly mistake: string
  /** The job of deploy.yml that must end red. */
  readonly job: string
  /** The `failure-reason` that it must name. */
  readonly reason: string
  /** What the log, the annotation and the summary must all say: the cause, not only that it failed. */
  readonly says: RegExp
}

/** The faults of `npm run demo -- --break <name>`. */
export const FAULTS: Readonly<Record<string, Fault>> = {
  crash: {
    mistake: 'the task definition starts src/sever.js, which does not exist',
    job: 'ecs',
    reason: 'container-exited',
    says: /exit(s|ed) .*1|sever\.js/,
    inject: async (repository) => {
      await edit(
        join(repository, 'sample-app/task-definition.json'),
        '"essential": true,',
        '"essential": true,\n      "command": ["node", "src/sever.js"],',
      )
    },
  },
  image: {
    mistake: 'the Deployment has a sidecar with an image tag that was never pushed',
    job: 'kubernetes',
    reason: 'image-not-found',
    says: /v1\.4\.O/,
    inject: async (repository, registry) => {
      const sidecar = `      containers:\n        - name: metrics\n          image: ${registry}/streaming-api:v1.4.O\n`
      await edit(join(repository, 'sample-app/k8s/deployment.yaml'), '      containers:\n', sidecar)
    },
  },
  health: {
    mistake: 'the probes ask for /health, and the app answers at /healthz',
    job: 'kubernetes',
    reason: 'health-check-failed',
    says: /\/health\b/,
    inject: async (repository) => {
      const file = join(repository, 'sample-app/k8s/deployment.yaml')
      await edit(
        file,
        'readinessProbe:\n            httpGet:\n              path: /healthz',
        'readinessProbe:\n            httpGet:\n              path: /health',
      )
    },
  },
  plan: {
    mistake: 'an output of the Terraform stack names a cluster that is not declared',
    job: 'plan',
    reason: 'plan-failed',
    says: /aws_ecs_cluster/,
    inject: async (repository) => {
      await appendFile(
        join(repository, 'terraform/outputs.tf'),
        '\noutput "cluster" {\n  value = aws_ecs_cluster.main.name\n}\n',
      )
    },
  },
  quota: {
    mistake: 'the namespace may run two pods, and the Deployment wants three',
    job: 'kubernetes',
    reason: 'quota',
    leaves: 'resourcequota/small',
    says: /quota/,
    inject: async (repository) => {
      const quota = [
        'apiVersion: v1',
        'kind: ResourceQuota',
        'metadata:',
        '  name: small',
        'spec:',
        '  hard:',
        "    pods: '2'",
        '',
      ]
      await writeFile(join(repository, 'sample-app/k8s/quota.yaml'), quota.join('\n'))
    },
  },
}

// A fault that does not apply must not look like a chain without fault.
async function edit(file: string, from: string, to: string): Promise<void> {
  const text = await readFile(file, 'utf8')
  if (!text.includes(from)) throw new Error(`${file} has changed: the fault finds no "${from.trim()}" in it.`)
  await writeFile(file, text.replace(from, to))
}
