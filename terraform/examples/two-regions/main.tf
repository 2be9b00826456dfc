# The same service in two regions, from one root module: one plan shows both, one apply makes both. A provider has one
# region, so there are two of them; a third region is a third provider and a third module block.

provider "aws" {
  region = var.primary_region

  default_tags {
    tags = local.tags
  }
}

provider "aws" {
  alias  = "secondary"
  region = var.secondary_region

  default_tags {
    tags = local.tags
  }
}

locals {
  tags = { Project = var.name, ManagedBy = "terraform" }
}

data "aws_caller_identity" "current" {}

module "primary" {
  source = "./region"

  name                = var.name
  cidr                = "10.50.0.0/16"
  autoscaling         = var.autoscaling
  deletion_protection = var.deletion_protection
}

module "secondary" {
  source    = "./region"
  providers = { aws = aws.secondary }

  name                = var.name
  cidr                = "10.51.0.0/16"
  autoscaling         = var.autoscaling
  deletion_protection = var.deletion_protection
}

# Images are pushed to the primary region and are in the secondary one a moment later, under the same digest. This is one
# setting for the whole registry of the account: where it exists already, set replicate_images = false and add the rule
# there.
resource "aws_ecr_replication_configuration" "this" {
  count = var.replicate_images ? 1 : 0

  replication_configuration {
    rule {
      destination {
        region      = var.secondary_region
        registry_id = data.aws_caller_identity.current.account_id
      }

      repository_filter {
        filter      = var.name
        filter_type = "PREFIX_MATCH"
      }
    }
  }

  # A repository that replication makes has none of the settings of ours.
  depends_on = [module.secondary]
}

# Clients get the region that is nearest to them and well; without a zone each region has its own address.
resource "aws_route53_record" "service" {
  for_each = var.zone_id == null ? {} : {
    (var.primary_region)   = module.primary.load_balancer
    (var.secondary_region) = module.secondary.load_balancer
  }

  zone_id        = var.zone_id
  name           = var.host_name
  type           = "A"
  set_identifier = each.key

  latency_routing_policy {
    region = each.key
  }

  alias {
    name                   = each.value.name
    zone_id                = each.value.zone_id
    evaluate_target_health = true
  }
}
