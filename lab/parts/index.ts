import type {Part} from '../core/part.ts'
import {aws} from './aws.ts'
import {baseImage} from './base-image.ts'
import {buildkit} from './buildkit.ts'
import {docker} from './docker.ts'
import {kubernetes} from './kubernetes.ts'
import {runner, tools} from './programs.ts'
import {terraform} from './terraform.ts'

/** All parts, in the order the table shows them. */
export const PARTS: readonly Part[] = [docker, buildkit, baseImage, aws, terraform, kubernetes, runner, tools]
