import {spawn, spawnSync} from 'node:child_process'
import {CreateRepositoryCommand, DeleteRepositoryCommand, ECRClient} from '@aws-sdk/client-ecr'
import {labClient} from '../../lab/index.ts'
import type {LabEnvironment} from '../../lab/index.ts'

/** Makes a repository; what comes back removes it with all images. */
export async function labRepository(lab: LabEnvironment, repositoryName: string): Promise<() => Promise<void>> {
  const ecr = new ECRClient(labClient(lab))
  await ecr.send(new CreateRepositoryCommand({repositoryName}))
  return async () => {
    await ecr.send(new DeleteRepositoryCommand({repositoryName, force: true}))
  }
}

/** Runs a tool of the lab to its end. @throws Error with its words when it fails */
export function labTool(lab: LabEnvironment, tool: string, argv: readonly string[], input = ''): string {
  const {status, stdout, stderr} = spawnSync(tool, argv, {encoding: 'utf8', env: lab.vars, input})
  if (status !== 0) throw new Error(`${tool} ${argv.join(' ')}: ${stderr}`)
  return stdout
}

/** Lines that a tool prints as they come, until it is stopped. */
export interface Follower {
  stop(): void
}

/** @param onLine called for each line with the moment it came, in milliseconds since the epoch */
export function followTool(
  lab: LabEnvironment,
  argv: readonly string[],
  onLine: (line: string, at: number) => void,
): Follower {
  const [tool = '', ...rest] = argv
  const child = spawn(tool, rest, {env: lab.vars, stdio: ['ignore', 'pipe', 'ignore']})
  let open = ''
  child.stdout.on('data', (data: Buffer) => {
    const lines = (open + data.toString()).split('\n')
    open = lines.pop() ?? ''
    for (const line of lines) onLine(line, Date.now())
  })
  return {
    stop: () => {
      child.kill('SIGTERM')
    },
  }
}
