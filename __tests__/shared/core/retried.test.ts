import {createServer} from 'node:http'
import type {AddressInfo} from 'node:net'
import {makeGitHub} from '../../../actions/shared/github/client.ts'
import {countRetry, retriesSoFar} from '../../../actions/shared/core/retried.ts'
import {makeKubeApi} from '../../../actions/shared/kubernetes/api/kube-api.ts'
import {startGitHub} from '../../support/github-server.ts'
import {scriptedKube, status} from '../../support/scripted-kube.ts'
import {fakeClock, fakeWorld} from '../../support/world.ts'

test('who had to be asked again is counted, whoever it is; who refused is not asked again', async () => {
  expect(retriesSoFar()).toEqual({})

  let asked = 0
  const kube = await scriptedKube({
    fault: ({path}) => {
      if (!path.endsWith('/configmaps/a')) return undefined
      asked += 1
      return asked < 3 ? {status: 503, body: status(503, 'Busy', 'later')} : {status: 200, body: {}}
    },
  })
  const api = makeKubeApi(kube.socket, fakeClock())
  try {
    await api.send({method: 'GET', path: '/api/v1/namespaces/shop/configmaps/a'})
    expect([asked, retriesSoFar()]).toEqual([3, {Kubernetes: 2}])
  } finally {
    api.close()
    await kube.close()
  }

  const github = await startGitHub(({path}) => {
    if (path.endsWith('/private')) return {status: 403, body: {message: 'no'}}
    asked += 1
    return asked === 4 ? {status: 502, body: {message: 'Bad gateway'}} : {body: {}}
  })
  try {
    const client = makeGitHub({GITHUB_API_URL: github.url}, 'ghs_x', fakeWorld().log)
    await client.rest.repos.get({owner: 'acme', repo: 'streaming'})
    await expect(client.rest.repos.get({owner: 'acme', repo: 'private'})).rejects.toThrow('no')
    expect([github.requests.length, retriesSoFar()]).toEqual([3, {Kubernetes: 2, GitHub: 1}])
  } finally {
    await github.close()
  }
  countRetry('the registry')
  expect(retriesSoFar()).toEqual({Kubernetes: 2, GitHub: 1, 'the registry': 1})
})

test('a connection to GitHub that went silent is given up, and the request is made again', async () => {
  let asked = 0
  const server = createServer((_request, response) => {
    asked += 1
    if (asked > 1) response.writeHead(200, {'content-type': 'application/json'}).end('{"id": 7}')
  })
  await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve))
  const url = `http://127.0.0.1:${String((server.address() as AddressInfo).port)}`
  try {
    const client = makeGitHub({GITHUB_API_URL: url}, 'ghs_x', fakeWorld().log, 100)
    const {data} = await client.rest.repos.get({owner: 'acme', repo: 'streaming'})
    expect([data.id, asked]).toEqual([7, 2])
  } finally {
    server.closeAllConnections()
    server.close()
  }
})
