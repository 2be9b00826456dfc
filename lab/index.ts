export {down, labProblem, status, up, type LabOptions, type PartStatus} from './lifecycle.ts'
export {isLabPrepared, labEnvironment, type LabEnvironment} from './env.ts'
export {baseImageBuildContexts} from './base-image.ts'
export {runWorkflow, type JobRun, type WorkflowCall, type WorkflowRun} from './runner.ts'
