data "aws_region" "current" {}

data "aws_availability_zones" "available" {
  state = "available"

  # Local and wavelength zones are listed too, and host neither a load balancer nor Fargate.
  filter {
    name   = "opt-in-status"
    values = ["opt-in-not-required"]
  }
}

locals {
  zones = slice(sort(data.aws_availability_zones.available.names), 0, 2)

  tasks_are_public = var.nat == "none"
  task_subnet_ids  = local.tasks_are_public ? module.network.public_subnet_ids : module.network.private_subnet_ids
}

module "network" {
  source = "./modules/network"

  name  = var.name
  cidr  = var.vpc_cidr
  zones = local.zones
  nat   = var.nat

  public_subnet_tags  = var.eks_enabled ? { "kubernetes.io/role/elb" = "1" } : {}
  private_subnet_tags = var.eks_enabled ? { "kubernetes.io/role/internal-elb" = "1" } : {}
}

# A delivery builds before it plans, so the build may have had to create the repository. It is then taken over, images and
# all, instead of failing with RepositoryAlreadyExistsException. For a repository that is in the state already this does
# nothing, and where there is none it is created below.
data "aws_ecr_repositories" "existing" {}

import {
  for_each = toset([for name in coalesce(data.aws_ecr_repositories.existing.names, []) : name if name == var.name && var.repository == null])
  to       = module.registry[0].aws_ecr_repository.this
  id       = each.key
}

module "registry" {
  source = "./modules/registry"
  count  = var.repository == null ? 1 : 0

  name         = var.name
  force_delete = !var.deletion_protection
}

moved {
  from = module.registry
  to   = module.registry[0]
}

# An image is built once: a further environment runs what stands in the repository of the first.
data "aws_ecr_repository" "shared" {
  count = var.repository == null ? 0 : 1

  name = var.repository
}

locals {
  repository_arn = coalesce(one(module.registry[*].arn), one(data.aws_ecr_repository.shared[*].arn))
  repository_url = coalesce(one(module.registry[*].url), one(data.aws_ecr_repository.shared[*].repository_url))
}

# Container Insights are paid for by the metric: container_insights asks for them.
#trivy:ignore:AWS-0034
resource "aws_ecs_cluster" "this" {
  name = var.cluster_name

  setting {
    name  = "containerInsights"
    value = var.container_insights
  }
}

module "service" {
  source = "./modules/fargate-service"

  name         = var.name
  service_name = var.service_name
  cluster_arn  = aws_ecs_cluster.this.arn
  cluster_name = aws_ecs_cluster.this.name

  vpc_id                = module.network.vpc_id
  load_balancer_subnets = module.network.public_subnet_ids
  task_subnets          = local.task_subnet_ids
  assign_public_ip      = local.tasks_are_public
  allowed_cidrs         = var.allowed_cidrs
  certificate_arn       = var.certificate_arn
  deletion_protection   = var.deletion_protection
  container_port        = var.container_port
  health_check_path     = var.health_check_path
  repository_arn        = local.repository_arn
  repository_url        = local.repository_url
  bootstrap_image       = var.bootstrap_image
  desired_count         = var.desired_count
  secret_arns           = var.secret_arns
  log_retention_days    = var.log_retention_days
  autoscaling_enabled   = var.autoscaling
  autoscaling_max       = var.autoscaling_max
  alarms_enabled        = coalesce(var.alarms, var.autoscaling)
  alarm_topics          = var.alarm_topics
}

module "eks" {
  source = "./modules/eks"
  count  = var.eks_enabled ? 1 : 0

  name            = var.name
  subnet_ids      = concat(module.network.public_subnet_ids, module.network.private_subnet_ids)
  node_subnet_ids = local.task_subnet_ids
  admin_arns      = var.eks_admin_arns
}
