mock_provider "aws" {
  mock_data "aws_iam_policy_document" {
    defaults = { json = "{}" }
  }

  mock_data "aws_region" {
    defaults = { name = "eu-west-1" }
  }
}

variables {
  name                  = "streaming-api"
  service_name          = "APIService"
  cluster_arn           = "arn:aws:ecs:eu-west-1:111122223333:cluster/StreamingCluster"
  cluster_name          = "StreamingCluster"
  vpc_id                = "vpc-1"
  load_balancer_subnets = ["subnet-a", "subnet-b"]
  task_subnets          = ["subnet-a", "subnet-b"]
  repository_arn        = "arn:aws:ecr:eu-west-1:111122223333:repository/streaming-api"
  repository_url        = "111122223333.dkr.ecr.eu-west-1.amazonaws.com/streaming-api"
}

run "a_new_service_waits_for_its_first_deployment" {
  command = plan

  assert {
    condition     = aws_ecs_service.this.desired_count == 0
    error_message = "Without an image there is nothing to run."
  }

  assert {
    condition     = aws_ecs_service.this.deployment_circuit_breaker[0].enable && aws_ecs_service.this.deployment_circuit_breaker[0].rollback
    error_message = "A deployment that fails has to stop and roll back."
  }

  assert {
    condition     = aws_lb_listener.http.default_action[0].type == "forward" && length(aws_lb_listener.https) == 0
    error_message = "Without a certificate there is HTTP alone."
  }

  assert {
    condition     = aws_appautoscaling_target.this[0].min_capacity == 2 && aws_appautoscaling_target.this[0].resource_id == "service/StreamingCluster/APIService"
    error_message = "Autoscaling keeps at least the desired two tasks of this service."
  }
}

run "a_bootstrap_image_starts_it_at_once" {
  command = plan

  variables {
    bootstrap_image = "registry.example/streaming-api:v1"
  }

  assert {
    condition     = aws_ecs_service.this.desired_count == 2
    error_message = "With an image the service starts with all its tasks."
  }
}

run "autoscaling_can_be_switched_off" {
  command = plan

  variables {
    autoscaling_enabled = false
  }

  assert {
    condition     = length(aws_appautoscaling_target.this) == 0 && length(aws_appautoscaling_policy.cpu) == 0
    error_message = "Off means none of it."
  }
}

run "a_certificate_moves_everybody_to_https" {
  command = plan

  variables {
    certificate_arn = "arn:aws:acm:eu-west-1:111122223333:certificate/1"
  }

  assert {
    condition     = aws_lb_listener.http.default_action[0].type == "redirect" && aws_lb_listener.https[0].default_action[0].type == "forward"
    error_message = "HTTP redirects, HTTPS serves."
  }

  assert {
    condition     = toset([for rule in aws_vpc_security_group_ingress_rule.clients : rule.from_port]) == toset([80, 443])
    error_message = "Both ports have to be reachable."
  }
}

run "a_load_balancer_in_one_subnet" {
  command = plan

  variables {
    load_balancer_subnets = ["subnet-a"]
  }

  expect_failures = [var.load_balancer_subnets]
}

run "a_ceiling_below_the_floor" {
  command = plan

  variables {
    autoscaling_max = 1
  }

  expect_failures = [aws_appautoscaling_target.this]
}

run "alarms_take_a_deployment_back" {
  command = plan

  assert {
    condition     = aws_ecs_service.this.alarms[0].enable && aws_ecs_service.this.alarms[0].rollback
    error_message = "An alarm during a deployment has to roll it back."
  }

  assert {
    condition     = aws_ecs_service.this.alarms[0].alarm_names == toset(["streaming-api-errors", "streaming-api-unhealthy"])
    error_message = "Errors and health are watched; latency only when somebody says how long is too long."
  }

  assert {
    condition     = alltrue([for alarm in concat(aws_cloudwatch_metric_alarm.errors, aws_cloudwatch_metric_alarm.unhealthy) : alarm.treat_missing_data == "notBreaching"])
    error_message = "A service without requests is not ill."
  }
}

run "slow_answers_take_it_back_too" {
  command = plan

  variables {
    alarm_latency_seconds = 1.5
    alarm_topics          = ["arn:aws:sns:eu-west-1:111122223333:on-call"]
  }

  assert {
    condition     = contains(aws_ecs_service.this.alarms[0].alarm_names, "streaming-api-latency") && aws_cloudwatch_metric_alarm.latency[0].threshold == 1.5
    error_message = "The latency alarm is wired like the others."
  }

  assert {
    condition     = aws_cloudwatch_metric_alarm.errors[0].alarm_actions == toset(["arn:aws:sns:eu-west-1:111122223333:on-call"])
    error_message = "Topics are told."
  }
}

run "alarms_can_be_switched_off" {
  command = plan

  variables {
    alarms_enabled        = false
    alarm_latency_seconds = 1
  }

  assert {
    condition     = length(aws_ecs_service.this.alarms) == 0 && length(aws_cloudwatch_metric_alarm.latency) == 0 && length(output.alarm_names) == 0
    error_message = "Off means none of it."
  }
}

run "autoscaling_by_memory_and_requests" {
  command = plan

  variables {
    autoscaling_memory_percent    = 70
    autoscaling_requests_per_task = 1000
  }

  assert {
    condition     = aws_appautoscaling_policy.memory[0].target_tracking_scaling_policy_configuration[0].target_value == 70 && aws_appautoscaling_policy.requests[0].target_tracking_scaling_policy_configuration[0].target_value == 1000
    error_message = "Each has a policy of its own."
  }
}

run "roles_of_a_second_region" {
  command = plan

  variables {
    role_prefix = "streaming-api-eu-west-1"
  }

  assert {
    condition     = aws_iam_role.task.name == "streaming-api-eu-west-1-task" && aws_iam_role.execution.name == "streaming-api-eu-west-1-execution"
    error_message = "Roles belong to the account: two regions need two names."
  }
}

run "a_retention_that_cloudwatch_does_not_know" {
  command = plan

  variables {
    log_retention_days = 10
  }

  expect_failures = [var.log_retention_days]
}

run "values_that_are_none" {
  command = plan

  variables {
    container_port      = 70000
    health_check_path   = "healthz"
    desired_count       = 0
    alarm_error_percent = 0
    alarm_topics        = ["on-call"]
    allowed_cidrs       = ["everywhere"]
    task_policy_json    = "{"
  }

  expect_failures = [var.container_port, var.health_check_path, var.desired_count, var.alarm_error_percent, var.alarm_topics, var.allowed_cidrs, var.task_policy_json]
}
