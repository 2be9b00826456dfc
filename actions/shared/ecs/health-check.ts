import type {ContainerDefinition} from '@aws-sdk/client-ecs'
import type {Definition} from './definition.ts'

/** What is said of a health check that fails. */
export interface FailingCheck {
  /** One sentence without a full stop. */
  readonly sentence: string
  /** What to do, as an order. */
  readonly advice: string
}

const ADVICE = 'run the command of "healthCheck" inside the image; raise "startPeriod" when the app starts slowly'
const LONGEST = 100

/**
 * What the health check of a container runs, as ECS does not tell what it answered, and when it asks a port of the task
 * that no container of it opens, that.
 * @param name of the container; undefined when it is not known which one
 */
export function failingCheck(definition: Definition, name: string | undefined): FailingCheck {
  const containers = definition.containerDefinitions ?? []
  const container = containers.find((one) => one.name === name)
  const who = name === undefined ? 'the task' : `container "${name}"`
  const command = commandOf(container)
  if (command === '') return {sentence: `the health check of ${who} fails`, advice: ADVICE}
  const sentence = `the health check of ${who} fails (${shortened(command)}`
  const asked = askedPort(command)
  const opened = containers.flatMap(portsOf)
  const own = container === undefined ? [] : portsOf(container)
  // Containers that share the network of a task reach each other on localhost.
  if (asked === undefined || own.length === 0 || opened.includes(asked))
    return {sentence: `${sentence})`, advice: ADVICE}
  const port = String(asked)
  return {
    sentence: `${sentence}; it asks port ${port}, and portMappings name ${own.join(', ')})`,
    advice: `let the app listen on port ${port}, or let the command of "healthCheck" ask port ${String(own[0])}`,
  }
}

// https://docs.aws.amazon.com/AmazonECS/latest/APIReference/API_HealthCheck.html: CMD or CMD-SHELL, then what to run.
function commandOf(container: ContainerDefinition | undefined): string {
  const [first, ...rest] = container?.healthCheck?.command ?? []
  const words = first === 'CMD' || first === 'CMD-SHELL' ? rest : [first ?? '', ...rest]
  return words.join(' ').replace(/\s+/g, ' ').trim()
}

function shortened(command: string): string {
  return command.length <= LONGEST ? command : `${command.slice(0, LONGEST)}…`
}

const URL_HERE = /\b(https?):\/\/(?:localhost|127\.0\.0\.1|0\.0\.0\.0|\[::1\])(?::(\d{1,5}))?(?=[/?"'\s]|$)/
const NETCAT_HERE = /\bnc\b[^|&;]*?\s(?:localhost|127\.0\.0\.1|0\.0\.0\.0|::1)\s+(\d{1,5})\b/

function askedPort(command: string): number | undefined {
  const url = URL_HERE.exec(command)
  if (url !== null) return Number(url[2] ?? (url[1] === 'https' ? 443 : 80))
  const port = NETCAT_HERE.exec(command)?.[1]
  return port === undefined ? undefined : Number(port)
}

function portsOf({portMappings = []}: ContainerDefinition): number[] {
  return portMappings.flatMap(({containerPort}) => containerPort ?? [])
}
