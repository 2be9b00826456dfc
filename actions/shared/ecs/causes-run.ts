import {afterStart, textRule, who} from './cause.ts'
import type {Cause, CauseRule, Stopped} from './cause.ts'

type Facts = Omit<Cause, 'key'>

// https://docs.aws.amazon.com/AmazonECS/latest/developerguide/task-lifecycle-explanation.html; codes above 128 are
// 128 + the signal, as shells count.
function exitRule(name: string, code: number, explain: (stopped: Stopped) => Facts): CauseRule {
  return {name, match: ({container}) => container?.exitCode === code, explain}
}

const FORMAT: Facts = {
  reason: 'image-not-found',
  sentence: '',
  advice: 'build the image for the "runtimePlatform" of the task definition (X86_64 or ARM64)',
  heals: 'never',
}

/** What goes wrong once containers run. */
export const RUN_CAUSES: readonly CauseRule[] = [
  textRule('out-of-memory', /OutOfMemory|OOM/, (stopped) => ({
    reason: 'out-of-memory',
    sentence: `${who(stopped)} is killed for using more memory than it may${afterStart(stopped.ranMs)}`,
    advice: 'raise "memory" in the task definition, or find what takes it',
    heals: 'soon',
  })),
  textRule('exec-format', /exec format error/i, (stopped) => ({
    ...FORMAT,
    sentence: `${who(stopped)} has a program for another processor (exec format error)`,
  })),
  textRule(
    'cannot-start',
    /CannotStartContainerError|CannotCreateContainerError|executable file not found|no such file or directory|ContainerRuntimeError/i,
    (stopped) => ({
      reason: 'container-exited',
      sentence: `${who(stopped)} cannot be started: ${stopped.text}`,
      advice: 'check "command", "entryPoint" and "workingDirectory" against what is in the image',
      heals: 'never',
    }),
  ),
  textRule('container-health', /failed container health checks|container health/i, (stopped) => ({
    reason: 'health-check-failed',
    sentence: `the health check of ${healthContainer(stopped)} fails`,
    advice: 'run the command of "healthCheck" inside the image; raise "startPeriod" when the app starts slowly',
    heals: 'soon',
  })),
  textRule('load-balancer-health', /ELB health checks|target-group|is unhealthy in/i, (stopped) => ({
    reason: 'health-check-failed',
    sentence: `the load balancer finds the task unhealthy${targetReason(stopped.text)}`,
    advice:
      'check path, port and expected codes of the target group and that its security group may reach the task; raise healthCheckGracePeriodSeconds when the app starts slowly',
    heals: 'soon',
  })),
  exitRule('exit-0', 0, (stopped) => ({
    reason: 'container-exited',
    sentence: `${who(stopped)} ends by itself with code 0${afterStart(stopped.ranMs)}`,
    advice: 'the container of a service must keep running: check its command; a job belongs to ecs-run-task',
    heals: 'soon',
  })),
  exitRule('exit-127', 127, (stopped) => ({
    reason: 'container-exited',
    sentence: `${who(stopped)} exits with code 127: its command is not in the image`,
    advice: 'check "command" and "entryPoint" against what is in the image',
    heals: 'never',
  })),
  exitRule('exit-126', 126, (stopped) => ({
    reason: 'container-exited',
    sentence: `${who(stopped)} exits with code 126: its command may not be executed`,
    advice: 'make the file executable in the image, or check the user it runs as',
    heals: 'never',
  })),
  exitRule('exit-137', 137, (stopped) => ({
    reason: 'container-exited',
    sentence: `${who(stopped)} is killed with SIGKILL (137)${afterStart(stopped.ranMs)}`,
    advice:
      'most often it ran out of memory, or did not stop within "stopTimeout": look at its memory and at how it handles SIGTERM',
    heals: 'soon',
  })),
  exitRule('exit-139', 139, (stopped) => ({
    reason: 'container-exited',
    sentence: `${who(stopped)} crashes with a segmentation fault (139)${afterStart(stopped.ranMs)}`,
    advice: 'a native library of the image is broken or built for another system',
    heals: 'soon',
  })),
  exitRule('exit-143', 143, (stopped) => ({
    reason: 'container-exited',
    sentence: `${who(stopped)} is stopped with SIGTERM (143)${afterStart(stopped.ranMs)}`,
    advice: 'something asked it to stop: look at the events of the service',
    heals: 'soon',
  })),
  {
    name: 'exit',
    match: ({container}) => container?.exitCode !== undefined,
    explain: (stopped) => ({
      reason: 'container-exited',
      sentence: `${who(stopped)} exits with code ${String(stopped.container?.exitCode)}${afterStart(stopped.ranMs)}`,
      advice: 'read its last log lines; then correct the image, its command or its configuration, and re-run this job',
      heals: 'soon',
    }),
  },
]

function healthContainer(stopped: Stopped): string {
  return stopped.container?.name === undefined ? 'a container' : who(stopped)
}

function targetReason(text: string): string {
  const reason = /due to \(reason ([^)]+)\)/i.exec(text)?.[1] ?? /reason[: ]+([^)·]+)/i.exec(text)?.[1]
  return reason === undefined ? '' : `: ${reason.trim()}`
}
