# One service, with nothing that is not needed for it: network, registry, cluster, service. It is the stack of this
# repository without its switches, to be copied and cut to size.

provider "aws" {
  default_tags {
    tags = { Project = var.name, ManagedBy = "terraform" }
  }
}

data "aws_availability_zones" "available" {
  state = "available"

  filter {
    name   = "opt-in-status"
    values = ["opt-in-not-required"]
  }
}

module "network" {
  source = "../../modules/network"

  name  = var.name
  cidr  = "10.40.0.0/16"
  zones = slice(sort(data.aws_availability_zones.available.names), 0, 2)
}

module "registry" {
  source = "../../modules/registry"

  name = var.name
}

resource "aws_ecs_cluster" "this" {
  name = var.name

  setting {
    name  = "containerInsights"
    value = "enabled"
  }
}

module "service" {
  source = "../../modules/fargate-service"

  name                  = var.name
  service_name          = var.name
  cluster_arn           = aws_ecs_cluster.this.arn
  cluster_name          = aws_ecs_cluster.this.name
  vpc_id                = module.network.vpc_id
  load_balancer_subnets = module.network.public_subnet_ids
  task_subnets          = module.network.public_subnet_ids
  assign_public_ip      = true
  repository_arn        = module.registry.arn
  repository_url        = module.registry.url
  certificate_arn       = var.certificate_arn
  alarm_topics          = var.alarm_topics
}
