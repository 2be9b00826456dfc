# The roles that a delivery's jobs take, one per purpose. They come before the first run, so a person applies this once.

provider "aws" {}

data "aws_caller_identity" "current" {}

data "aws_partition" "current" {}

data "aws_region" "current" {}

locals {
  partition = data.aws_partition.current.partition
  account   = data.aws_caller_identity.current.account_id
  region    = data.aws_region.current.name

  state_bucket = "arn:${local.partition}:s3:::${var.state_bucket}"
  state_object = "${local.state_bucket}/${var.state_key}"
  plans        = "${local.state_bucket}/plans/*"
  repository   = "arn:${local.partition}:ecr:${local.region}:${local.account}:repository/${coalesce(var.image_repository, var.name)}"
  service      = "arn:${local.partition}:ecs:${local.region}:${local.account}:service/${var.cluster_name}/${var.service_name}"
  ecs          = "arn:${local.partition}:ecs:${local.region}:${local.account}"
  task_roles   = [for role in ["execution", "task"] : "arn:${local.partition}:iam::${local.account}:role/${var.name}-${role}"]
  production   = "environment:${var.environment}"
  main         = concat(["ref:refs/heads/${var.branch}"], var.release_tags == null ? [] : ["ref:refs/tags/${var.release_tags}"])
}

module "roles" {
  source = "../../modules/github-oidc"

  repository   = var.repository
  provider_arn = var.provider_arn

  roles = {
    # A pull request's code decides what its plan runs (providers, external data), so this role reads and cannot write.
    "${var.name}-plan" = {
      subjects         = concat(["pull_request"], local.main)
      managed_policies = ["arn:${local.partition}:iam::aws:policy/ReadOnlyAccess"]
      policies         = { state = data.aws_iam_policy_document.plan.json }
    }
    "${var.name}-build" = {
      subjects = local.main
      policies = { push = data.aws_iam_policy_document.build.json }
    }
    "${var.name}-apply" = {
      subjects         = [local.production]
      managed_policies = ["arn:${local.partition}:iam::aws:policy/PowerUserAccess"]
      policies         = { state = data.aws_iam_policy_document.apply.json, roles = data.aws_iam_policy_document.manage_roles.json }
    }
    "${var.name}-deploy" = {
      subjects = [local.production]
      policies = { deploy = data.aws_iam_policy_document.deploy.json }
    }
  }
}

data "aws_iam_policy_document" "plan" {
  statement {
    sid       = "FindState"
    actions   = ["s3:ListBucket"]
    resources = [local.state_bucket]
  }

  # The lock is an object of its own next to the state; the state itself is not written by a plan. A run plans for every
  # environment of the app, whose states lie side by side.
  statement {
    sid       = "Lock"
    actions   = ["s3:GetObject", "s3:PutObject", "s3:DeleteObject"]
    resources = ["${local.state_bucket}/${dirname(var.state_key)}/*.tflock"]
  }

  statement {
    sid       = "KeepPlans"
    actions   = ["s3:GetObject", "s3:PutObject"]
    resources = [local.plans]
  }
}

data "aws_iam_policy_document" "apply" {
  statement {
    sid       = "FindState"
    actions   = ["s3:ListBucket"]
    resources = [local.state_bucket]
  }

  statement {
    sid       = "State"
    actions   = ["s3:GetObject", "s3:PutObject"]
    resources = [local.state_object, local.plans]
  }

  statement {
    sid       = "Lock"
    actions   = ["s3:GetObject", "s3:PutObject", "s3:DeleteObject"]
    resources = ["${local.state_object}.tflock"]
  }
}

# PowerUserAccess leaves IAM out. The stack makes two roles, and these are all it may touch.
data "aws_iam_policy_document" "manage_roles" {
  statement {
    sid = "TaskRoles"
    actions = [
      "iam:CreateRole",
      "iam:DeleteRole",
      "iam:DeleteRolePolicy",
      "iam:GetRole",
      "iam:GetRolePolicy",
      "iam:ListAttachedRolePolicies",
      "iam:ListInstanceProfilesForRole",
      "iam:ListRolePolicies",
      "iam:PutRolePolicy",
      "iam:TagRole",
      "iam:UntagRole",
      "iam:UpdateAssumeRolePolicy",
      "iam:UpdateRole",
      "iam:UpdateRoleDescription",
    ]
    resources = local.task_roles
  }

  statement {
    sid       = "PassTaskRoles"
    actions   = ["iam:PassRole"]
    resources = local.task_roles

    condition {
      test     = "StringEquals"
      variable = "iam:PassedToService"
      values   = ["ecs-tasks.amazonaws.com"]
    }
  }
}

data "aws_iam_policy_document" "build" {
  statement {
    sid       = "LogIn"
    actions   = ["ecr:GetAuthorizationToken"]
    resources = ["*"] # this action knows no resource
  }

  statement {
    sid = "Push"
    actions = [
      "ecr:BatchCheckLayerAvailability",
      "ecr:BatchGetImage",
      "ecr:CompleteLayerUpload",
      "ecr:CreateRepository",
      "ecr:DescribeImageScanFindings",
      "ecr:DescribeRepositories",
      "ecr:GetDownloadUrlForLayer",
      "ecr:InitiateLayerUpload",
      "ecr:ListImages",
      "ecr:PutImage",
      "ecr:UploadLayerPart",
    ]
    resources = [local.repository]
  }
}

data "aws_iam_policy_document" "deploy" {
  # These know no resource of their own.
  statement {
    sid       = "Definitions"
    actions   = ["ecs:DescribeTaskDefinition", "ecs:RegisterTaskDefinition", "ecs:ListClusters", "ecr:DescribePullThroughCacheRules", "elasticloadbalancing:DescribeTargetHealth", "elasticloadbalancing:DescribeTargetGroups"]
    resources = ["*"]
  }

  statement {
    sid       = "Deploy"
    actions   = ["ecs:DescribeServices", "ecs:DescribeServiceDeployments", "ecs:StopServiceDeployment", "ecs:UpdateService"]
    resources = [local.service, "${local.ecs}:service-deployment/${var.cluster_name}/${var.service_name}/*"]
  }

  statement {
    sid       = "RunOneOffs"
    actions   = ["ecs:RunTask"]
    resources = ["${local.ecs}:task-definition/${var.name}:*"]
  }

  statement {
    sid       = "WatchTasks"
    actions   = ["ecs:DescribeTasks", "ecs:StopTask", "ecs:TagResource"]
    resources = ["${local.ecs}:task/${var.cluster_name}/*", "${local.ecs}:task-definition/${var.name}:*"]
  }

  # ListTasks authorises against container instances, which Fargate has none of; the cluster is its only handle. The names
  # of services are for the right one after a wrong one.
  statement {
    sid       = "ListInCluster"
    actions   = ["ecs:ListTasks", "ecs:ListServices"]
    resources = ["*"]

    condition {
      test     = "ArnEquals"
      variable = "ecs:cluster"
      values   = ["${local.ecs}:cluster/${var.cluster_name}"]
    }
  }

  statement {
    sid       = "PassTaskRoles"
    actions   = ["iam:PassRole"]
    resources = local.task_roles

    condition {
      test     = "StringEquals"
      variable = "iam:PassedToService"
      values   = ["ecs-tasks.amazonaws.com"]
    }
  }

  statement {
    sid       = "ReadLog"
    actions   = ["logs:GetLogEvents"]
    resources = ["arn:${local.partition}:logs:${local.region}:${local.account}:log-group:/ecs/${var.name}:*"]
  }

  # What a task needs is looked for before anything is registered. For its secrets, add secretsmanager:DescribeSecret or
  # ssm:GetParameters on them.
  statement {
    sid       = "FindLog"
    actions   = ["logs:DescribeLogGroups"]
    resources = ["arn:${local.partition}:logs:${local.region}:${local.account}:log-group:*"]
  }

  statement {
    sid       = "FindImage"
    actions   = ["ecr:BatchGetImage", "ecr:ListImages"]
    resources = [local.repository]
  }
}
