import {taskFacts} from '../../../actions/ecs-deploy/src/facts.ts'

test('what a task definition uses of other stages, by names that hold no account', () => {
  const facts = taskFacts(
    {
      family: 'app',
      executionRoleArn: 'arn:aws:iam::111122223333:role/path/app-execution',
      containerDefinitions: [
        {
          name: 'api',
          image: '111122223333.dkr.ecr.us-east-1.amazonaws.com/team/app@sha256:abc',
          portMappings: [{containerPort: 3000}],
          logConfiguration: {logDriver: 'awslogs', options: {'awslogs-group': '/ecs/app'}},
          secrets: [
            {name: 'A', valueFrom: 'arn:aws:secretsmanager:us-east-1:111122223333:secret:db/url-AbCdEf:key::'},
            {name: 'B', valueFrom: 'arn:aws:ssm:us-east-1:111122223333:parameter/db/user'},
            {name: 'C', valueFrom: 'plain'},
          ],
        },
        {name: 'sidecar', image: 'public.ecr.aws/x/y:1'},
      ],
    },
    'arn:aws:ecs:us-east-1:111122223333:cluster/Main',
    ['APIService'],
  )
  expect(
    facts.map(({kind, name, value}) => [kind, name, value].filter((part) => part !== undefined).join(' ')),
  ).toEqual([
    'role app-execution',
    'cluster Main',
    'service APIService',
    'log group /ecs/app',
    'image repository team/app',
    'secret db/url',
    'parameter /db/user',
    'parameter plain',
    'container port api 3000',
  ])
  expect(JSON.stringify(facts)).not.toContain('111122223333')
})
