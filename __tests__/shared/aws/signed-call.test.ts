import {createServer} from 'node:http'
import type {Server} from 'node:http'
import type {AddressInfo} from 'node:net'
import {explainAwsError, isTransient} from '../../../actions/shared/aws/errors.ts'
import {jsonCall} from '../../../actions/shared/aws/signed-call.ts'
import {Failure} from '../../../actions/shared/core/diagnosis.ts'
import {makeAws} from '../../../actions/shared/ecs/aws.ts'

const PAGE = '<!DOCTYPE html>\n<html><head><title>502 Bad\n Gateway</title></head><body>nginx</body></html>'
const CREDENTIALS = {AWS_ACCESS_KEY_ID: 'x', AWS_SECRET_ACCESS_KEY: 'y', AWS_REGION: 'eu-central-1'}
const saved = {...process.env}
let server: Server | undefined

afterEach(() => {
  process.env = saved
  server?.closeAllConnections()
  server?.close()
})

/** What comes out of a call that is answered with `body`. */
async function answered(status: number, body: string): Promise<unknown> {
  server = createServer((_request, response) => response.writeHead(status).end(body))
  const listening = server
  await new Promise<void>((resolve) => listening.listen(0, '127.0.0.1', resolve))
  const endpoint = `http://127.0.0.1:${String((listening.address() as AddressInfo).port)}`
  const env = {...CREDENTIALS, AWS_ENDPOINT_URL: endpoint}
  Object.assign(process.env, env)
  const place = {service: 'codedeploy', endpointVariable: 'CODEDEPLOY'}
  const target = 'CodeDeploy_20141006.GetDeployment'
  return await jsonCall(env, makeAws(env, 'test').ecs, place, target, {}).catch((error: unknown) => error)
}

test.each<[string, number, string, RegExp]>([
  ['a guest network’s page under 200', 200, PAGE, /a proxy answered with a web page \("502 Bad Gateway"\), HTTP 200$/],
  ['a gateway’s page under 502', 502, PAGE, /a proxy answered with a web page \("502 Bad Gateway"\), HTTP 502$/],
  ['a proxy that refuses', 403, '<html>No entry</html>', /a proxy answered with a web page, HTTP 403$/],
  ['an answer that was cut off', 200, '{"deploymentInfo": {', /is not AWS, or its answer was cut off, HTTP 200$/],
])('"SyntaxError: Unexpected token" for %s: AWS was not reached', async (_name, status, body, cause) => {
  const error = await answered(status, body)
  expect(isTransient(error)).toBe(true)
  const failure = explainAwsError(error, 'codedeploy:GetDeployment')
  if (!(failure instanceof Failure)) throw new Error('It became no failure.')
  expect(failure.diagnosis).toMatchObject({reason: 'unreachable', subject: 'codedeploy:GetDeployment'})
  expect(failure.diagnosis.cause).toMatch(cause)
  expect(failure.diagnosis.advice).toMatch(/proxy/)
})

test('an error that AWS itself answers keeps its code and words', async () => {
  const body = '{"__type":"com.amazonaws.codedeploy#DeploymentDoesNotExistException","message":"No such deployment"}'
  expect(await answered(400, body)).toMatchObject({
    name: 'DeploymentDoesNotExistException',
    message: 'No such deployment',
  })
})

test('an answer is handed on as it is', async () => {
  expect(await answered(200, '{"deploymentInfo":{}}')).toEqual({deploymentInfo: {}})
})
