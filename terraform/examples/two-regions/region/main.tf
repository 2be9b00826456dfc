# All that a region needs to serve on its own. What belongs to the account and not to a region stays out of it, or carries
# the region in its name: roles are the only such thing here.

data "aws_region" "current" {}

data "aws_availability_zones" "available" {
  state = "available"

  filter {
    name   = "opt-in-status"
    values = ["opt-in-not-required"]
  }
}

module "network" {
  source = "../../../modules/network"

  name  = var.name
  cidr  = var.cidr
  zones = slice(sort(data.aws_availability_zones.available.names), 0, 2)
}

resource "aws_ecs_cluster" "this" {
  name = var.name

  setting {
    name  = "containerInsights"
    value = "enabled"
  }
}

# Tasks pull from the registry of their own region, so that one region that is down takes nothing else down.
module "registry" {
  source = "../../../modules/registry"

  name = var.name
}

module "service" {
  source = "../../../modules/fargate-service"

  name                  = var.name
  role_prefix           = "${var.name}-${data.aws_region.current.name}"
  service_name          = var.name
  cluster_arn           = aws_ecs_cluster.this.arn
  cluster_name          = aws_ecs_cluster.this.name
  vpc_id                = module.network.vpc_id
  load_balancer_subnets = module.network.public_subnet_ids
  task_subnets          = module.network.public_subnet_ids
  assign_public_ip      = true
  repository_arn        = module.registry.arn
  repository_url        = module.registry.url
  autoscaling_enabled   = var.autoscaling
  deletion_protection   = var.deletion_protection
}
