mock_provider "aws" {
  mock_data "aws_availability_zones" {
    defaults = { names = ["eu-west-1b", "eu-west-1a"] }
  }

  mock_data "aws_region" {
    defaults = { name = "eu-west-1" }
  }

  mock_data "aws_caller_identity" {
    defaults = { account_id = "111122223333" }
  }

  mock_data "aws_iam_policy_document" {
    defaults = { json = "{}" }
  }

  mock_resource "aws_ecs_cluster" {
    defaults = { arn = "arn:aws:ecs:eu-west-1:111122223333:cluster/api" }
  }

  mock_resource "aws_ecr_repository" {
    defaults = { arn = "arn:aws:ecr:eu-west-1:111122223333:repository/api" }
  }

  mock_resource "aws_iam_role" {
    defaults = { arn = "arn:aws:iam::111122223333:role/api" }
  }

  mock_resource "aws_lb" {
    defaults = { arn = "arn:aws:elasticloadbalancing:eu-west-1:111122223333:loadbalancer/app/api/1" }
  }

  mock_resource "aws_lb_target_group" {
    defaults = { arn = "arn:aws:elasticloadbalancing:eu-west-1:111122223333:targetgroup/api/1" }
  }
}

mock_provider "aws" {
  alias = "secondary"

  mock_data "aws_availability_zones" {
    defaults = { names = ["us-east-1b", "us-east-1a"] }
  }

  mock_data "aws_region" {
    defaults = { name = "us-east-1" }
  }

  mock_data "aws_caller_identity" {
    defaults = { account_id = "111122223333" }
  }

  mock_data "aws_iam_policy_document" {
    defaults = { json = "{}" }
  }

  mock_resource "aws_ecs_cluster" {
    defaults = { arn = "arn:aws:ecs:us-east-1:111122223333:cluster/api" }
  }

  mock_resource "aws_ecr_repository" {
    defaults = { arn = "arn:aws:ecr:us-east-1:111122223333:repository/api" }
  }

  mock_resource "aws_iam_role" {
    defaults = { arn = "arn:aws:iam::111122223333:role/api" }
  }

  mock_resource "aws_lb" {
    defaults = { arn = "arn:aws:elasticloadbalancing:us-east-1:111122223333:loadbalancer/app/api/1" }
  }

  mock_resource "aws_lb_target_group" {
    defaults = { arn = "arn:aws:elasticloadbalancing:us-east-1:111122223333:targetgroup/api/1" }
  }
}

run "each_region_stands_alone" {
  command = plan

  assert {
    condition     = [for each in output.deployments : each.region] == ["eu-west-1", "us-east-1"]
    error_message = "The primary region comes first, and each is served by its own provider."
  }

  assert {
    condition     = length(aws_route53_record.service) == 0
    error_message = "Without a zone there is no record."
  }

  assert {
    condition     = aws_ecr_replication_configuration.this[0].replication_configuration[0].rule[0].destination[0].region == "us-east-1"
    error_message = "Images are replicated from the primary region to the secondary one."
  }
}

run "one_name_for_both" {
  command = plan

  variables {
    zone_id   = "Z1"
    host_name = "api.example.com"
  }

  assert {
    condition     = toset(keys(aws_route53_record.service)) == toset(["eu-west-1", "us-east-1"])
    error_message = "Both regions answer under the name."
  }
}

run "the_same_region_twice" {
  command = plan

  variables {
    secondary_region = "eu-west-1"
  }

  expect_failures = [var.secondary_region]
}

run "a_zone_without_a_name" {
  command = plan

  variables {
    zone_id = "Z1"
  }

  expect_failures = [var.host_name]
}
