import {deploying, recorded, running} from './situations.ts'
import type {Failing} from './situations.ts'
import {CRASH, GAVE_UP, NEVER_UP, NO_CAPACITY, ROLLED_BACK, UNPULLABLE} from './situations.ts'

// A sidecar is told to stop when the container that matters has ended.
const SIDECAR = [
  {name: 'api', exit: 0},
  {name: 'sidecar', exit: 143},
]

/** What is met by the action that most workflows use and by ours. */
export const FAILURES: readonly Failing[] = [
  CRASH,
  NEVER_UP,
  GAVE_UP,
  ROLLED_BACK,
  deploying('A newer deployment takes over', recorded('superseded')),
  deploying('The load balancer gets 404', recorded('target-answers-404')),
  deploying('The job may not look at the service while it waits', recorded('access-denied-mid-wait')),
  deploying('A hook of CodeDeploy refuses the deployment', recorded('codedeploy-hook-fails')),
  deploying('ECS refuses the task definition', {before: {errors: {RegisterTaskDefinition: 'ClientException'}}}),
  deploying('ECS refuses the update', {
    refusals: {
      UpdateService: [
        'PlatformTaskDefinitionIncompatibilityException',
        'The specified platform does not satisfy the task definition’s required capabilities.',
      ],
    },
  }),
  deploying('The service does not exist', {}, {service: 'APIServise'}),
  deploying('The service has the controller EXTERNAL', recorded('external-refused')),
  running('A one-off task exits with code 1', {
    frames: [
      {at: 0, tasks: [{id: 't1aa', status: 'RUNNING'}]},
      {at: 3, tasks: [{id: 't1aa', status: 'STOPPED', exit: 1}]},
    ],
    logs: {'api/t1aa': ['Error: relation "users" does not exist']},
  }),
  {
    ...running('A one-off task does its work; its sidecar is told to stop and exits with 143', {
      frames: [{at: 0, tasks: [{id: 't1aa', status: 'STOPPED', containers: SIDECAR}]}],
    }),
    ourExit: 0,
  },
  NO_CAPACITY,
  UNPULLABLE,
]
