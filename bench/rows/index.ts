import type {Row} from '../core/row.ts'
import {buildPush} from './build-push.ts'
import {bundleBytes} from './bundle-bytes.ts'
import {chain} from './chain.ts'
import {coldStart} from './cold-start.ts'
import {ecsDeploy} from './ecs.ts'
import {kubernetes} from './kubernetes.ts'
import {kubernetesMany} from './kubernetes-many.ts'
import {planRender} from './plan-render.ts'
import {terraformOverhead} from './terraform-overhead.ts'

/** All rows, in the order of the table. */
export const ROWS: readonly Row[] = [
  bundleBytes,
  coldStart,
  planRender,
  terraformOverhead,
  buildPush,
  ecsDeploy,
  kubernetes,
  kubernetesMany,
  chain,
]
