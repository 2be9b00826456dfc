import {mkdirSync} from 'node:fs'
import {join} from 'node:path'
import type {Part, Starting, World} from '../core/part.ts'
import {answers, waitFor} from '../core/poll.ts'
import {isAlive, logTail, startDaemon, stopDaemon} from '../core/process.ts'
import {attempt} from '../core/run.ts'
import type {PartState} from '../core/state.ts'
import {recipeFolder, recipeText} from '../install/go.ts'
import {installFolder, type Install} from '../install/install.ts'
import {pythonPackages} from '../install/pypi.ts'
import {engineEnv} from './docker.ts'
import {isTaken, REGISTRY_PORT} from './ports.ts'

const NAME = 'aws'
const INSTALL = 'ministack'
/** The name the emulator marks its containers with, so that `down` finds these and no others. */
const INSTANCE = 'slipway-lab'

/** The account and region everything in the lab belongs to (the account number is the one of AWS's own examples). */
export const LAB_ACCOUNT = '111122223333'
/** See LAB_ACCOUNT. */
export const LAB_REGION = 'us-east-1'

const ENDPOINT = `http://localhost:${REGISTRY_PORT}`
const HEALTH = `${ENDPOINT}/_ministack/health`

function requirements(): string[] {
  return recipeText('aws', 'requirements.txt').split('\n').filter(Boolean)
}

function installs(): Promise<Install[]> {
  return Promise.resolve([pythonPackages(INSTALL, requirements())])
}

/** What a client needs to talk to the lab instead of AWS; the keys are not secrets, the emulator takes any. */
function clientVars(): Record<string, string> {
  return {
    AWS_ENDPOINT_URL: ENDPOINT,
    AWS_REGION: LAB_REGION,
    AWS_DEFAULT_REGION: LAB_REGION,
    AWS_ACCESS_KEY_ID: 'AKIALABLABLABLABLAB1',
    AWS_SECRET_ACCESS_KEY: 'lab-secret-access-key',
    AWS_EC2_METADATA_DISABLED: 'true',
    LAB_REGISTRY: `localhost:${REGISTRY_PORT}`,
  }
}

function serverEnv(lab: Starting, home: string): NodeJS.ProcessEnv {
  return {
    ...engineEnv(lab),
    ...lab.part('docker').vars,
    HOSTNAME: '', // the emulator would take a container of that name for itself
    GATEWAY_PORT: REGISTRY_PORT,
    MINISTACK_ACCOUNT_ID: LAB_ACCOUNT,
    MINISTACK_REGION: LAB_REGION,
    MINISTACK_HOSTNAME: INSTANCE,
    MINISTACK_DOCKER_TIMEOUT: '60',
    LAB_ECS_STEADY_SECONDS: lab.env['LAB_ECS_STEADY_SECONDS'] ?? '5',
    S3_DATA_DIR: join(home, 's3'),
    TMPDIR: home,
  }
}

async function start(lab: Starting): Promise<void> {
  if (await isTaken(REGISTRY_PORT)) {
    throw new Error(`Port ${REGISTRY_PORT} is taken by another program: stop it, or set LAB_AWS_PORT to a free port.`)
  }
  const home = join(lab.paths.run, 'aws')
  mkdirSync(home, {recursive: true})
  const daemon = await startDaemon({
    name: 'ministack',
    log: join(lab.paths.logs, 'aws.log'),
    cwd: home,
    env: serverEnv(lab, home),
    argv: [join(installFolder(lab.paths, INSTALL), 'bin/python'), '-B', join(recipeFolder('aws'), 'serve.py')],
  })
  const notes = {dockerHost: lab.part('docker').vars['DOCKER_HOST'] ?? ''}
  lab.note({daemons: [daemon], address: ENDPOINT, vars: clientVars(), notes})
  const doomed = (): string | undefined => (isAlive(daemon) ? undefined : `it ended:\n${logTail(daemon.log)}`)
  await waitFor(() => answers(HEALTH), {seconds: 45, what: 'The AWS emulator', doomed})
  const version =
    requirements()
      .find((line) => line.startsWith('ministack=='))
      ?.split('==')[1] ?? ''
  lab.note({version: `ministack ${version}`})
}

async function health(_world: World, state: PartState): Promise<string | undefined> {
  const dead = state.daemons.find((daemon) => !isAlive(daemon))
  if (dead) return `${dead.name} ended: ${logTail(dead.log, 1)}`
  return (await answers(HEALTH)) ? undefined : `${HEALTH} does not answer`
}

/** Ends the emulator first, so that no service replaces the containers that are then removed. */
async function stop(world: World, state: PartState): Promise<void> {
  for (const daemon of state.daemons) await stopDaemon(daemon)
  const env = {...engineEnv(world), ...(state.notes['dockerHost'] ? {DOCKER_HOST: state.notes['dockerHost']} : {})}
  const mark = `label=ministack.instance=${INSTANCE}:${REGISTRY_PORT}`
  const listed = await attempt(['docker', 'ps', '--all', '--quiet', '--filter', mark], {env, timeout: 20_000})
  const ids = listed.code === 0 ? listed.stdout.split('\n').filter(Boolean) : []
  if (ids.length > 0) await attempt(['docker', 'rm', '--force', '--volumes', ...ids], {env, timeout: 120_000})
}

/** AWS on this machine: ECR with a real registry, ECS on real containers, and the services around them. */
export const aws: Part = {name: NAME, after: ['docker'], installs, start, health, stop}
