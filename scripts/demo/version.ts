import {execFile} from 'node:child_process'
import {get} from 'node:http'
import {promisify} from 'node:util'
import {DescribeTasksCommand, ECSClient, ListTasksCommand} from '@aws-sdk/client-ecs'
import type {Task} from '@aws-sdk/client-ecs'
import {labClient} from '../../lab/index.ts'
import type {LabEnvironment} from '../../lab/index.ts'

const run = promisify(execFile)

/** What a running copy of the app says about itself. */
export interface ServedVersion {
  readonly where: string
  readonly commit: string | null
  /** `sha256:<hex>`; null when nobody told the app. */
  readonly digest: string | null
}

/** Asks every running task of the ECS service for its version, at the task's own address. */
export async function versionsOnEcs(
  lab: LabEnvironment,
  cluster: string,
  service: string,
  port: number,
): Promise<ServedVersion[]> {
  const ecs = new ECSClient(labClient(lab))
  const {taskArns = []} = await ecs.send(
    new ListTasksCommand({cluster, serviceName: service, desiredStatus: 'RUNNING'}),
  )
  if (taskArns.length === 0) throw new Error(`${service} has no running task.`)
  const {tasks = []} = await ecs.send(new DescribeTasksCommand({cluster, tasks: taskArns}))
  return await Promise.all(tasks.map((task) => askVersion(`ECS task ${addressOf(task)}`, addressOf(task), port)))
}

function addressOf(task: Task): string {
  const details = task.attachments?.flatMap((attachment) => attachment.details ?? [])
  const address = details?.find(({name}) => name === 'privateIPv4Address')?.value
  if (address === undefined) throw new Error(`Task ${task.taskArn ?? ''} has no address.`)
  return address
}

/** Asks for the version through the Kubernetes Service, at its cluster address. */
export async function versionOnKubernetes(
  lab: LabEnvironment,
  namespace: string,
  service: string,
): Promise<ServedVersion> {
  const argv = ['--kubeconfig', lab.kubeconfig, '-n', namespace, 'get', 'service', service, '-o', 'json']
  const {stdout} = await run('kubectl', argv, {env: {...process.env, ...lab.vars}})
  const {spec} = JSON.parse(stdout) as {spec: {clusterIP: string; ports: {port: number}[]}}
  return await askVersion(`Kubernetes Service ${service} ${spec.clusterIP}`, spec.clusterIP, spec.ports[0]?.port ?? 80)
}

async function askVersion(where: string, host: string, port: number): Promise<ServedVersion> {
  const text = await fetchText(host, port, '/version')
  return {where, ...(JSON.parse(text) as Omit<ServedVersion, 'where'>)}
}

// Plain http and no proxy: the addresses are the lab's own.
async function fetchText(host: string, port: number, path: string): Promise<string> {
  return await new Promise((resolve, reject) => {
    const request = get({host, port, path, agent: false, timeout: 5000}, (response) => {
      let text = ''
      response.setEncoding('utf8')
      response.on('data', (piece: string) => (text += piece))
      response.on('end', () => {
        if (response.statusCode === 200) resolve(text)
        else reject(new Error(`${host}${path} answered HTTP ${String(response.statusCode)}`))
      })
    })
    request.once('timeout', () => request.destroy(new Error(`${host}${path} did not answer in 5 s`)))
    request.once('error', reject)
  })
}
