# What a Capfile of ecs_deploy does, by the same calls: registers a revision, deploys it, and waits in the way asked for.
# ruby ecs_deploy.rb (legacy|service_deployment) SECONDS
require 'ecs_deploy'
require 'json'

strategy, seconds = ARGV
$stdout.sync = true
# An SDK of before October 2024 lacks the one call that the newer way of waiting makes.
unless Aws::ECS::Client.method_defined?(:list_service_deployments)
  model = Seahorse::Model
  strings = Aws::ECS::ClientApi::StringList
  brief = model::Shapes::StructureShape.new(name: 'ServiceDeploymentBrief')
  brief.struct_class = Struct.new(:service_deployment_arn, :status)
  brief.add_member(:service_deployment_arn, model::Shapes::ShapeRef.new(shape: Aws::ECS::ClientApi::String, location_name: 'serviceDeploymentArn'))
  brief.add_member(:status, model::Shapes::ShapeRef.new(shape: Aws::ECS::ClientApi::String, location_name: 'status'))
  briefs = model::Shapes::ListShape.new(name: 'ServiceDeploymentsBrief')
  briefs.member = model::Shapes::ShapeRef.new(shape: brief)
  input = model::Shapes::StructureShape.new(name: 'ListServiceDeploymentsRequest')
  input.struct_class = Struct.new(:cluster, :service, :status)
  { cluster: Aws::ECS::ClientApi::String, service: Aws::ECS::ClientApi::String, status: strings }.each do |name, shape|
    input.add_member(name, model::Shapes::ShapeRef.new(shape: shape, location_name: name.to_s))
  end
  output = model::Shapes::StructureShape.new(name: 'ListServiceDeploymentsResponse')
  output.struct_class = Struct.new(:service_deployments)
  output.add_member(:service_deployments, model::Shapes::ShapeRef.new(shape: briefs, location_name: 'serviceDeployments'))
  Aws::ECS::ClientApi::API.add_operation(:list_service_deployments, model::Operation.new.tap do |operation|
    operation.name = 'ListServiceDeployments'
    operation.http_method = 'POST'
    operation.http_request_uri = '/'
    operation.input = model::Shapes::ShapeRef.new(shape: input)
    operation.output = model::Shapes::ShapeRef.new(shape: output)
  end)
  Aws::ECS::Client.define_method(:list_service_deployments) do |params = {}, options = {}|
    build_request(:list_service_deployments, params).send_request(options)
  end
end

EcsDeploy.configure do |config|
  config.default_region = 'eu-central-1'
  config.ecs_wait_until_services_stable_delay = 5
  config.ecs_wait_until_services_stable_max_attempts = Integer(seconds) / 5
end
Thread.report_on_exception = false

file = JSON.parse(File.read('task-definition.json'), symbolize_names: true)
container = file[:containerDefinitions].first
EcsDeploy::TaskDefinition.new(
  task_definition_name: file[:family],
  network_mode: 'awsvpc',
  cpu: file[:cpu],
  memory: file[:memory],
  execution_role_arn: file[:executionRoleArn],
  requires_compatibilities: ['FARGATE'],
  container_definitions: [{ name: container[:name], image: container[:image], essential: true }]
).register

options = strategy == 'legacy' ? { wait_strategy: :legacy } : { wait_strategy: :service_deployment }
service = EcsDeploy::Service.new(cluster: 'StreamingCluster', service_name: 'APIService', task_definition_name: file[:family], **options)
service.deploy
EcsDeploy::Service.wait_all_running([service])
