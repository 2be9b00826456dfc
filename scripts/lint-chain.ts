import {existsSync} from 'node:fs'
import {join, relative, resolve} from 'node:path'
import type {Finding} from './lint-chain/deploys.ts'
import {readWorkflow} from './lint-chain/model.ts'
import type {Workflow} from './lint-chain/model.ts'
import {brokenQueues, cutDeploys, deploysAfterFailure, misspeltCancelled, noWait} from './lint-chain/rules-deploy.ts'
import {maskedOutputs, replans, tagHandover} from './lint-chain/rules-handover.ts'
import {skippedAncestors} from './lint-chain/rules-needs.ts'
import {injected, missingPermissions, unpinned} from './lint-chain/rules-safety.ts'
import {documentSamples, samplesOf, workflowSamples} from './lint-chain/samples.ts'
import type {Sample} from './lint-chain/samples.ts'

/** A finding with the file it is in. */
export interface Located extends Finding {
  readonly file: string
}

const RULES: readonly ((workflow: Workflow) => Finding[])[] = [
  maskedOutputs,
  tagHandover,
  replans,
  noWait,
  cutDeploys,
  brokenQueues,
  deploysAfterFailure,
  skippedAncestors,
  misspeltCancelled,
  unpinned,
  injected,
  missingPermissions,
]

/**
 * The mistakes by which a chain of jobs goes wrong although each job is right. A finding is passed over where the line, or
 * the one before it, says `# lint-chain: <rule>: <reason>`; without a reason that is a finding itself.
 */
export function lintChain(samples: readonly Sample[]): Located[] {
  return samples.flatMap((sample) => {
    const workflow = readWorkflow(sample)
    if (workflow === undefined) return []
    const found = RULES.flatMap((rule) => rule(workflow)).filter((finding) => !isExcused(sample, finding))
    const all = [...found, ...bareExcuses(sample)].sort((a, b) => a.line - b.line)
    return all.map((finding) => ({file: sample.file, ...finding}))
  })
}

function isExcused({text, offset}: Sample, {line, rule}: Finding): boolean {
  const lines = text.split('\n')
  const near = [lines[line - offset - 1], lines[line - offset - 2]]
  return near.some((each) => each?.includes(`# lint-chain: ${rule}: `) ?? false)
}

function bareExcuses({text, offset}: Sample): Finding[] {
  return text.split('\n').flatMap((line, at) => {
    if (!line.includes('# lint-chain:') || /# lint-chain: [a-z-]+: \S/.test(line)) return []
    const message = 'an exception needs its rule and its reason: # lint-chain: <rule>: <reason>'
    return [{line: offset + at + 1, rule: 'bare-exception', message}]
  })
}

/** Checks the given files, or all workflows and documents of this folder; gives the exit code. */
export function main(names: readonly string[]): number {
  const root = process.cwd()
  const missing = names.filter((name) => !existsSync(resolve(name)))
  if (missing.length > 0) {
    console.error(`There is no ${missing.join(', ')}: give paths of workflows or Markdown files.`)
    return 2
  }
  const samples =
    names.length > 0
      ? names.flatMap((name) => samplesOf(root, relative(root, resolve(name))))
      : [...workflowSamples(root), ...documentSamples(root)]
  const findings = lintChain(samples)
  for (const {file, line, rule, message} of findings) console.log(`${join(file)}:${String(line)}: ${message} [${rule}]`)
  console.log(`${String(samples.length)} workflows and examples, ${String(findings.length)} findings`)
  return findings.length > 0 ? 1 : 0
}

if (import.meta.main) process.exitCode = main(process.argv.slice(2))
