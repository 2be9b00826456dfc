mock_provider "aws" {
  mock_data "aws_iam_policy_document" {
    defaults = { json = "{}" }
  }
}

variables {
  repository = "acme/streaming"
  roles = {
    deploy = {
      subjects         = ["environment:production", "ref:refs/tags/v*"]
      policies         = { deploy = "{}" }
      managed_policies = ["arn:aws:iam::aws:policy/ReadOnlyAccess"]
    }
  }
}

run "only_the_named_runs_may_take_the_role" {
  command = plan

  variables {
    provider_arn = "arn:aws:iam::111122223333:oidc-provider/token.actions.githubusercontent.com"
  }

  assert {
    condition = toset([for condition in data.aws_iam_policy_document.trust["deploy"].statement[0].condition :
      condition.values if condition.variable == "token.actions.githubusercontent.com:sub"][0]) == toset([
      "repo:acme/streaming:environment:production", "repo:acme/streaming:ref:refs/tags/v*",
    ])
    error_message = "The role has to be bound to this repository and these kinds of run."
  }

  assert {
    condition     = length(aws_iam_openid_connect_provider.github) == 0
    error_message = "An account has one provider per issuer; the one that exists has to be used."
  }

  assert {
    condition     = length(aws_iam_role_policy.this) == 1 && length(aws_iam_role_policy_attachment.this) == 1
    error_message = "Each policy has to be attached."
  }
}

run "any_repository_of_the_owner" {
  command = plan

  variables {
    repository = "acme/*"
  }

  expect_failures = [var.repository]
}

run "any_branch" {
  command = plan

  variables {
    roles = { deploy = { subjects = ["ref:refs/heads/*"] } }
  }

  expect_failures = [var.roles]
}

run "anything" {
  command = plan

  variables {
    roles = { deploy = { subjects = ["*"] } }
  }

  expect_failures = [var.roles]
}

run "nobody" {
  command = plan

  variables {
    roles = { deploy = { subjects = [] } }
  }

  expect_failures = [var.roles]
}
