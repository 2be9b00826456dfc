# A Kubernetes cluster of its own, with one role that may deploy into one namespace.

provider "aws" {}

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
  cidr  = "10.30.0.0/16"
  zones = slice(sort(data.aws_availability_zones.available.names), 0, 2)
  nat   = "single"

  public_subnet_tags  = { "kubernetes.io/role/elb" = "1" }
  private_subnet_tags = { "kubernetes.io/role/internal-elb" = "1" }
}

module "eks" {
  source = "../../modules/eks"

  name            = var.name
  subnet_ids      = concat(module.network.public_subnet_ids, module.network.private_subnet_ids)
  node_subnet_ids = module.network.private_subnet_ids
  admin_arns      = var.admin_arns
  deployers       = { delivery = { role_arn = var.deploy_role_arn, namespaces = ["streaming"] } }
}
