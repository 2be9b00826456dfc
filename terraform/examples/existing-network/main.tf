# The service alone, in a VPC, cluster and repository that exist already.

provider "aws" {}

data "aws_subnets" "tier" {
  for_each = { public = var.public_subnet_tag, private = var.private_subnet_tag }

  filter {
    name   = "vpc-id"
    values = [var.vpc_id]
  }

  filter {
    name   = "tag:Name"
    values = [each.value]
  }
}

data "aws_ecs_cluster" "this" {
  cluster_name = var.cluster_name
}

data "aws_ecr_repository" "this" {
  name = var.name
}

module "service" {
  source = "../../modules/fargate-service"

  name                  = var.name
  service_name          = "APIService"
  cluster_arn           = data.aws_ecs_cluster.this.arn
  cluster_name          = data.aws_ecs_cluster.this.cluster_name
  vpc_id                = var.vpc_id
  load_balancer_subnets = data.aws_subnets.tier["public"].ids
  task_subnets          = data.aws_subnets.tier["private"].ids
  repository_arn        = data.aws_ecr_repository.this.arn
  repository_url        = data.aws_ecr_repository.this.repository_url
}
