import {createServer} from 'node:http'
import type {AddressInfo} from 'node:net'
import {ListClustersCommand, ECSClient} from '@aws-sdk/client-ecs'
import {retries} from '../../../actions/shared/aws/retries.ts'
import {retriesSoFar} from '../../../actions/shared/core/retried.ts'
import {makeReceipt} from '../../../actions/shared/report/receipt.ts'
import type {Receipt} from '../../../actions/shared/report/receipt.ts'

const facts = {stage: 'ecs', subject: 'api', status: 'succeeded', headline: '', now: {}, before: {}} as const

test('a call that AWS throttled is told by the receipt of the stage, and one that was answered at once is not', async () => {
  const receipt = (): Receipt => JSON.parse(makeReceipt({}, {...facts, started: 0, ended: 1})) as Receipt
  let calls = 0
  const server = createServer((_request, response) => {
    calls += 1
    response.writeHead(calls === 2 ? 400 : 200, {'content-type': 'application/x-amz-json-1.1'})
    response.end(calls === 2 ? '{"__type":"ThrottlingException","message":"Rate exceeded"}' : '{"clusterArns":[]}')
  })
  await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve))
  const ecs = new ECSClient({
    ...retries(3),
    endpoint: `http://127.0.0.1:${String((server.address() as AddressInfo).port)}`,
    region: 'eu-central-1',
    credentials: {accessKeyId: 'a', secretAccessKey: 'b'},
  })
  try {
    await ecs.send(new ListClustersCommand({}))
    expect(receipt().retries).toBeUndefined()
    await ecs.send(new ListClustersCommand({}))
    expect([calls, retriesSoFar(), receipt().retries]).toEqual([3, {AWS: 1}, {AWS: 1}])
  } finally {
    ecs.destroy()
    server.close()
  }
})
