import {InputError} from '../core/errors.ts'
import type {Container, Definition} from './definition.ts'
import {imageProblem} from '../core/image-reference.ts'

interface Sizes {
  readonly min: number
  readonly max: number
  readonly step: number
  readonly except?: number
}

// Sizes that Fargate runs, CPU units to MiB:
// https://docs.aws.amazon.com/AmazonECS/latest/developerguide/fargate-tasks-services.html#fargate-tasks-size
const FARGATE_SIZES: Readonly<Record<number, Sizes>> = {
  256: {min: 512, max: 2048, step: 512, except: 1536},
  512: {min: 1024, max: 4096, step: 1024},
  1024: {min: 2048, max: 8192, step: 1024},
  2048: {min: 4096, max: 16384, step: 1024},
  4096: {min: 8192, max: 30720, step: 1024},
  8192: {min: 16384, max: 61440, step: 4096},
  16384: {min: 32768, max: 122880, step: 8192},
}

/** CPU in units: `256`, `.25 vCPU` and `0.25 vcpu` are the same. NaN for anything else. */
export function cpuUnits(text: string): number {
  const vcpu = /^([\d.]+)\s*vcpu$/i.exec(text.trim())
  return vcpu === null ? wholeNumber(text) : Number(vcpu[1]) * 1024
}

/** Memory in MiB: `512`, `0.5 GB` and `.5GB` are the same. NaN for anything else. */
export function memoryMiB(text: string): number {
  const gb = /^([\d.]+)\s*gb$/i.exec(text.trim())
  return gb === null ? wholeNumber(text) : Number(gb[1]) * 1024
}

function wholeNumber(text: string): number {
  return /^\d+$/.test(text.trim()) ? Number(text) : Number.NaN
}

/**
 * Finds what RegisterTaskDefinition or Fargate would refuse, before anything is registered.
 * @throws {InputError} with every mistake found
 */
export function checkDefinition(definition: Definition): void {
  const problems = [
    ...(definition.containerDefinitions ?? []).flatMap(containerProblems),
    ...(usesFargate(definition) ? fargateProblems(definition) : []),
    ...duplicateProblems(definition),
  ]
  if (problems.length > 0) throw new InputError(`Task definition "${definition.family ?? ''}": ${problems.join('; ')}.`)
}

/** Whether the definition asks to run on Fargate. */
export function usesFargate(definition: Definition): boolean {
  return (definition.requiresCompatibilities ?? []).includes('FARGATE')
}

function containerProblems({name = '', image, environment = [], secrets = []}: Container): string[] {
  const both = environment.find((variable) => secrets.some((secret) => secret.name === variable.name))?.name
  return [
    ...(name === '' ? ['a container has no "name"'] : []),
    ...imageProblems(name, image),
    ...(both === undefined ? [] : [`container "${name}" has "${both}" both as environment and as secret: keep one`]),
  ]
}

function imageProblems(container: string, image = ''): string[] {
  if (image === '') return [`container "${container}" has no image: set the input "image"`]
  if (/[<>{}\s]/.test(image)) return [`container "${container}" has the placeholder image "${image}"`]
  const problem = imageProblem(image)
  return problem === undefined ? [] : [`container "${container}" has the image "${image}", which ${problem}`]
}

function duplicateProblems({containerDefinitions = []}: Definition): string[] {
  const names = containerDefinitions.map(({name}) => name)
  const twice = names.find((name, at) => names.indexOf(name) !== at)
  return twice === undefined ? [] : [`two containers are called "${twice}"`]
}

function fargateProblems(definition: Definition): string[] {
  return [
    ...(definition.networkMode === 'awsvpc' ? [] : ['Fargate needs "networkMode": "awsvpc"']),
    ...sizeProblems(definition),
    ...executionRoleProblems(definition),
  ]
}

function sizeProblems({cpu, memory}: Definition): string[] {
  if (cpu === undefined || memory === undefined) return ['Fargate needs "cpu" and "memory" for the task']
  const units = cpuUnits(cpu)
  const sizes = FARGATE_SIZES[units]
  // AWS adds larger sizes over time: those it may judge itself.
  if (sizes === undefined && units > 16384) return []
  if (sizes === undefined) return [`cpu "${cpu}" is no Fargate size: use ${Object.keys(FARGATE_SIZES).join(', ')}`]
  const {min, max, step, except} = sizes
  const size = memoryMiB(memory)
  if (size >= min && size <= max && size % step === 0 && size !== except) return []
  const but = except === undefined ? '' : ` (but not ${String(except)})`
  return [
    `memory "${memory}" does not go with cpu "${cpu}": use ${String(min)} to ${String(max)} MiB in steps of ${String(step)}${but}`,
  ]
}

// https://docs.aws.amazon.com/AmazonECS/latest/developerguide/task_execution_IAM_role.html
function executionRoleProblems({executionRoleArn, containerDefinitions = []}: Definition): string[] {
  if (executionRoleArn !== undefined && executionRoleArn !== '') return []
  return containerDefinitions.flatMap(({name = '', image = '', secrets = [], logConfiguration}) => {
    const needs = [
      ...(/\.dkr[.-]ecr[.-]/.test(image) ? ['pulls from ECR'] : []),
      ...(logConfiguration?.logDriver === 'awslogs' ? ['writes to CloudWatch Logs'] : []),
      ...(secrets.length > 0 ? ['reads secrets'] : []),
    ]
    return needs.length === 0
      ? []
      : [`container "${name}" ${needs.join(', ')}, which needs an "executionRoleArn": set the input execution-role-arn`]
  })
}
