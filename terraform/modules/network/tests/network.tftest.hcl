mock_provider "aws" {
  mock_data "aws_region" {
    defaults = { name = "eu-west-1" }
  }

  mock_data "aws_iam_policy_document" {
    defaults = { json = "{}" }
  }
}

variables {
  name  = "streaming"
  cidr  = "10.20.0.0/16"
  zones = ["eu-west-1a", "eu-west-1b"]
}

run "public_only" {
  command = plan

  assert {
    condition     = [for zone in var.zones : aws_subnet.public[zone].cidr_block] == ["10.20.0.0/24", "10.20.1.0/24"]
    error_message = "Each zone has its public subnet, in order."
  }

  assert {
    condition     = length(aws_subnet.private) == 0 && length(aws_nat_gateway.this) == 0 && output.private_subnet_ids == []
    error_message = "Without NAT there is nothing private, and nothing to pay for."
  }
}

run "one_gateway" {
  command = plan

  variables {
    nat = "single"
  }

  assert {
    condition     = length(aws_subnet.private) == 2 && length(aws_nat_gateway.this) == 1
    error_message = "Both zones share one gateway."
  }
}

run "a_gateway_in_each_zone" {
  command = plan

  variables {
    nat = "per-zone"
  }

  assert {
    condition     = toset(keys(aws_nat_gateway.this)) == toset(var.zones)
    error_message = "Each zone has its own gateway."
  }
}

run "one_zone" {
  command = plan

  variables {
    zones = ["eu-west-1a"]
  }

  expect_failures = [var.zones]
}

run "the_same_zone_twice" {
  command = plan

  variables {
    zones = ["eu-west-1a", "eu-west-1a"]
  }

  expect_failures = [var.zones]
}

run "flow_logs" {
  command = plan

  variables {
    flow_log_days = 30
  }

  assert {
    condition     = aws_flow_log.this["all"].traffic_type == "ALL" && aws_cloudwatch_log_group.flow["all"].retention_in_days == 30
    error_message = "What was refused is logged too, for as long as asked."
  }
}

run "no_flow_logs" {
  command = plan

  assert {
    condition     = length(aws_flow_log.this) == 0 && length(aws_iam_role.flow) == 0
    error_message = "Nobody pays for logs that nobody asked for."
  }
}

run "a_retention_that_cloudwatch_refuses" {
  command = plan

  variables {
    flow_log_days = 31
  }

  expect_failures = [var.flow_log_days]
}
