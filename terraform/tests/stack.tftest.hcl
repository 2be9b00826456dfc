# Plans of the whole stack against a provider that invents every answer: no account, no network.

mock_provider "aws" {
  mock_data "aws_availability_zones" {
    defaults = { names = ["eu-west-1c", "eu-west-1a", "eu-west-1b"] }
  }

  mock_data "aws_region" {
    defaults = { name = "eu-west-1" }
  }

  mock_data "aws_partition" {
    defaults = { partition = "aws" }
  }

  mock_data "aws_caller_identity" {
    defaults = { account_id = "111122223333" }
  }

  mock_data "aws_iam_policy_document" {
    defaults = { json = "{}" }
  }

  mock_data "aws_ecr_repositories" {
    defaults = { names = ["another"] }
  }
}

run "as_it_comes" {
  command = plan

  assert {
    condition     = output.cluster_name == "StreamingCluster" && output.service_name == "APIService"
    error_message = "The deployment stages look for StreamingCluster and APIService."
  }

  assert {
    condition     = output.desired_count == 2
    error_message = "Two tasks are what the service should run."
  }

  assert {
    condition     = local.zones == tolist(["eu-west-1a", "eu-west-1b"])
    error_message = "The same two zones have to be chosen whatever order AWS lists them in."
  }

  assert {
    condition     = output.assign_public_ip == "ENABLED" && output.eks_cluster_name == null
    error_message = "Tasks in a public subnet need a public address; there is no EKS cluster unless asked for."
  }
}

run "a_second_environment_runs_the_images_of_the_first" {
  command = plan

  variables {
    name       = "streaming-api-staging"
    repository = "streaming-api"
  }

  override_data {
    target = data.aws_ecr_repository.shared[0]
    values = {
      arn            = "arn:aws:ecr:eu-west-1:111122223333:repository/streaming-api"
      repository_url = "111122223333.dkr.ecr.eu-west-1.amazonaws.com/streaming-api"
    }
  }

  assert {
    condition     = length(module.registry) == 0 && output.repository_name == "streaming-api"
    error_message = "An image is built once: a repository of its own would stay empty, and its tasks could not pull."
  }

  assert {
    condition     = output.repository_arn == "arn:aws:ecr:eu-west-1:111122223333:repository/streaming-api"
    error_message = "The execution role has to be given the repository that the images are in."
  }
}

run "alarms_come_with_the_metrics" {
  command = plan

  assert {
    condition     = output.alarm_names == tolist(["streaming-api-errors", "streaming-api-unhealthy"])
    error_message = "A deployment is watched unless somebody says otherwise."
  }
}

run "without_cloudwatch_there_are_none" {
  command = plan

  variables {
    autoscaling = false
  }

  assert {
    condition     = length(output.alarm_names) == 0
    error_message = "Where there are no metrics there is nothing to watch."
  }
}

run "behind_nat" {
  command = plan

  variables {
    nat = "single"
  }

  assert {
    condition     = output.assign_public_ip == "DISABLED"
    error_message = "Tasks behind a NAT gateway have no public address."
  }
}

run "unknown_nat" {
  command = plan

  variables {
    nat = "shared"
  }

  expect_failures = [var.nat]
}

run "eks_without_a_way_out" {
  command = plan

  variables {
    eks_enabled = true
  }

  expect_failures = [var.eks_enabled]
}

run "a_ceiling_below_the_floor" {
  command = plan

  variables {
    desired_count   = 4
    autoscaling_max = 3
  }

  expect_failures = [var.autoscaling_max]
}

run "a_name_that_a_load_balancer_cannot_have" {
  command = plan

  variables {
    name = "Streaming_API"
  }

  expect_failures = [var.name]
}

run "no_tasks_at_all" {
  command = plan

  variables {
    desired_count = 0
  }

  expect_failures = [var.desired_count]
}

run "a_network_too_small_to_cut" {
  command = plan

  variables {
    vpc_cidr = "10.0.0.0/24"
  }

  expect_failures = [var.vpc_cidr]
}

run "a_path_without_a_slash" {
  command = plan

  variables {
    health_check_path = "healthz"
  }

  expect_failures = [var.health_check_path]
}

run "a_secret_that_is_none" {
  command = plan

  variables {
    secret_arns = ["arn:aws:s3:::bucket"]
  }

  expect_failures = [var.secret_arns]
}
