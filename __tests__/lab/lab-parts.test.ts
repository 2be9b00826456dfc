import {execFile} from 'node:child_process'
import {mkdtempSync, rmSync, writeFileSync} from 'node:fs'
import {tmpdir} from 'node:os'
import {join} from 'node:path'
import {promisify} from 'node:util'
import {CloudWatchLogsClient, CreateLogGroupCommand, FilterLogEventsCommand} from '@aws-sdk/client-cloudwatch-logs'
import {CreateRepositoryCommand, DescribeImagesCommand, ECRClient} from '@aws-sdk/client-ecr'
import {
  CreateClusterCommand,
  DeleteClusterCommand,
  DescribeTasksCommand,
  ECSClient,
  RegisterTaskDefinitionCommand,
  RunTaskCommand,
} from '@aws-sdk/client-ecs'
import type {Task} from '@aws-sdk/client-ecs'
import {waitFor} from '../../lab/core/poll.ts'
import {baseImageBuildContexts, labClient, labEnvironment, status} from '../../lab/index.ts'

const MINUTE = 60_000
const lab = labEnvironment()
const env = {...process.env, ...lab.vars}
const run = promisify(execFile)
const tool = async (name: string, ...args: string[]): Promise<string> =>
  (await run(name, args, {env, maxBuffer: 1 << 26})).stdout.trim()

const client = labClient(lab)
const ecr = new ECRClient(client)
const ecs = new ECSClient(client)
const logs = new CloudWatchLogsClient(client)

const NAME = `lab-parts-${String(process.pid)}`
const SERVER = "require('node:http').createServer((_, response) => response.end('served')).listen(3000)"
const DOCKERFILE = `FROM node:24-alpine
ENV BUILT_FOR=${NAME}
USER node
RUN --mount=type=cache,target=/tmp/cache,uid=1000 id -un > /tmp/who && npm --version && touch /tmp/cache/used
CMD ["node", "-e", ${JSON.stringify(SERVER)}]
`

let image: string
let digest: string

beforeAll(async () => {
  const folder = mkdtempSync(join(tmpdir(), 'lab-parts-'))
  try {
    writeFileSync(join(folder, 'Dockerfile'), DOCKERFILE)
    await ecr.send(new CreateRepositoryCommand({repositoryName: NAME}))
    const reference = `${lab.registry}/${NAME}`
    const cache = `type=registry,ref=${reference}:cache,mode=max,image-manifest=true,oci-mediatypes=true`
    const contexts = baseImageBuildContexts().flatMap((context) => ['--build-context', context])
    const metadata = join(folder, 'metadata.json')
    const options = ['--provenance=mode=max', '--cache-to', cache, '--push', '--tag', `${reference}:v1`]
    await tool('docker', 'buildx', 'build', ...contexts, ...options, '--metadata-file', metadata, folder)
    const built = (await import(metadata, {with: {type: 'json'}})) as {default: Record<string, string>}
    digest = built.default['containerimage.digest'] ?? ''
    image = `${reference}@${digest}`
  } finally {
    rmSync(folder, {recursive: true})
  }
}, 3 * MINUTE)

test('every part is well', async () => {
  expect((await status()).filter(({trouble}) => trouble !== undefined)).toEqual([])
})

test('an image that is pushed is the image ECR describes and the engine pulls', async () => {
  expect(digest).toMatch(/^sha256:[0-9a-f]{64}$/)
  const described = await ecr.send(new DescribeImagesCommand({repositoryName: NAME, imageIds: [{imageTag: 'v1'}]}))
  expect(described.imageDetails?.map((detail) => detail.imageDigest)).toEqual([digest])
  await tool('docker', 'pull', image)
  expect(await tool('docker', 'run', '--rm', image, 'cat', '/tmp/who')).toBe('node')
})

test('an image that lacks a layer is refused, as ECR does it, and is not there', async () => {
  const descriptor = (fill: string): object => ({
    digest: `sha256:${fill.repeat(64)}`,
    size: 7,
    mediaType: 'application/octet-stream',
  })
  const mediaType = 'application/vnd.oci.image.manifest.v1+json'
  const answer = await fetch(`http://${lab.registry}/v2/${NAME}/manifests/lacking`, {
    method: 'PUT',
    headers: {'content-type': mediaType},
    body: JSON.stringify({schemaVersion: 2, mediaType, config: descriptor('a'), layers: [descriptor('b')]}),
  })
  expect(answer.status).toBe(400)
  expect(await answer.text()).toContain('MANIFEST_BLOB_UNKNOWN')
  const asked = await fetch(`http://${lab.registry}/v2/${NAME}/manifests/lacking`)
  expect(asked.status).toBe(404)
})

describe('ECS', () => {
  beforeAll(async () => {
    await ecs.send(new CreateClusterCommand({clusterName: NAME}))
    await logs.send(new CreateLogGroupCommand({logGroupName: NAME}))
  })
  afterAll(async () => {
    await ecs.send(new DeleteClusterCommand({cluster: NAME}))
  })

  const stopped = async (code: string, memory = '512'): Promise<Task> => {
    const options = {'awslogs-group': NAME, 'awslogs-region': lab.region, 'awslogs-stream-prefix': 'task'}
    await ecs.send(
      new RegisterTaskDefinitionCommand({
        family: NAME,
        networkMode: 'awsvpc',
        requiresCompatibilities: ['FARGATE'],
        cpu: '256',
        memory,
        containerDefinitions: [
          {name: 'app', image, command: ['node', '-e', code], logConfiguration: {logDriver: 'awslogs', options}},
        ],
      }),
    )
    const awsvpcConfiguration = {subnets: ['subnet-1']}
    const started = await ecs.send(
      new RunTaskCommand({
        cluster: NAME,
        taskDefinition: NAME,
        launchType: 'FARGATE',
        networkConfiguration: {awsvpcConfiguration},
      }),
    )
    const tasks = [started.tasks?.[0]?.taskArn ?? '']
    const end = async (): Promise<Task | undefined> => {
      const described = await ecs.send(new DescribeTasksCommand({cluster: NAME, tasks}))
      return described.tasks?.find((task) => task.lastStatus === 'STOPPED')
    }
    return await waitFor(end, {seconds: 40, what: 'The end of the task'})
  }

  test(
    'runs a task in a real container: exit code, reason and log are its own',
    async () => {
      const task = await stopped('console.log("said by the task"); process.exit(7)')
      expect(task).toMatchObject({
        stopCode: 'EssentialContainerExited',
        stoppedReason: 'Essential container in task exited',
        containers: [{exitCode: 7, imageDigest: digest}],
      })
      const {events} = await logs.send(new FilterLogEventsCommand({logGroupName: NAME}))
      expect(events?.map((event) => event.message?.trim())).toContain('said by the task')
    },
    MINUTE,
  )

  test(
    'kills what outgrows its memory, and says so',
    async () => {
      const task = await stopped('const held = []; setInterval(() => held.push(Buffer.alloc(4e7, 1)), 20)', '256')
      expect(task.containers?.map(({exitCode}) => exitCode)).toEqual([137])
      expect(task.containers?.[0]?.reason).toMatch(/^OutOfMemoryError: /)
    },
    MINUTE,
  )
})

describe('Kubernetes', () => {
  afterAll(async () => {
    await tool('kubectl', 'delete', 'namespace', NAME, '--wait=false')
  })

  test(
    'rolls a pushed image out and serves it at the address of a Service',
    async () => {
      const kubectl = (...args: string[]): Promise<string> => tool('kubectl', '--namespace', NAME, ...args)
      await tool('kubectl', 'create', 'namespace', NAME)
      await kubectl('create', 'deployment', 'web', `--image=${image}`, '--replicas=2', '--port=3000')
      await kubectl('expose', 'deployment', 'web', '--port=80', '--target-port=3000')
      await kubectl('rollout', 'status', 'deployment/web', '--timeout=90s')
      const address = await kubectl('get', 'service', 'web', '--output=jsonpath={.spec.clusterIP}')
      const served = async (): Promise<string | undefined> =>
        await fetch(`http://${address}`, {signal: AbortSignal.timeout(2000)}).then(
          (response) => response.text(),
          () => undefined,
        )
      expect(await waitFor(served, {seconds: 20, what: 'The Service'})).toBe('served')
      const running = '--output=jsonpath={.items[0].status.containerStatuses[0].imageID}'
      expect(await kubectl('get', 'pods', running)).toContain(digest)
    },
    3 * MINUTE,
  )
})

test('the workflow runner, Terraform and the linters are those of the lab', async () => {
  expect(await tool('node', '--version')).toMatch(/^v24\./)
  expect(await tool('act', '--version')).toMatch(/\d+\.\d+\.\d+/)
  expect(await tool('actionlint', '-version')).toMatch(/\d+\.\d+\.\d+/)
  expect(await tool('zizmor', '--version')).toMatch(/\d+\.\d+\.\d+/)
  expect(await tool('terraform', 'version')).not.toContain('Unable to open CLI configuration file')
})
