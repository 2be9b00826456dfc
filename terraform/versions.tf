terraform {
  # 1.10 brought native locking of the state in S3 (use_lockfile).
  required_version = ">= 1.10"

  required_providers {
    aws = {
      source  = "hashicorp/aws"
      version = "~> 5.100"
    }
  }

  # Bucket and region differ by account and come from the workflow (-backend-config); what is the same everywhere is here.
  backend "s3" {
    key          = "streaming-api/production.tfstate"
    encrypt      = true
    use_lockfile = true
  }
}

# Region and credentials come from the environment. So does AWS_ENDPOINT_URL, which is all that a local cloud needs: no
# check of the provider is switched off for it.
provider "aws" {
  default_tags {
    tags = merge({ Project = var.name, ManagedBy = "terraform" }, var.tags)
  }
}
