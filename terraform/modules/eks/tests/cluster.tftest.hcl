mock_provider "aws" {
  mock_data "aws_partition" {
    defaults = { partition = "aws-us-gov" }
  }

  mock_data "aws_iam_policy_document" {
    defaults = { json = "{}" }
  }
}

variables {
  name            = "streaming"
  subnet_ids      = ["subnet-a", "subnet-b"]
  node_subnet_ids = ["subnet-a", "subnet-b"]
  deployers       = { delivery = { role_arn = "arn:aws-us-gov:iam::111122223333:role/deploy", namespaces = ["streaming"] } }
}

run "a_deployer_is_kept_in_its_namespace" {
  command = plan

  assert {
    condition     = aws_eks_access_policy_association.deployer["delivery"].access_scope[0].type == "namespace"
    error_message = "A deployer must not reach beyond its namespaces."
  }

  assert {
    condition     = startswith(aws_eks_access_policy_association.deployer["delivery"].policy_arn, "arn:aws-us-gov:eks::aws:")
    error_message = "ARNs have to follow the partition."
  }

  assert {
    condition     = !aws_eks_cluster.this.access_config[0].bootstrap_cluster_creator_admin_permissions
    error_message = "Who happens to create the cluster is no administrator of it."
  }
}

run "private_api_server" {
  command = plan

  variables {
    public_access_cidrs = []
  }

  assert {
    condition     = !aws_eks_cluster.this.vpc_config[0].endpoint_public_access
    error_message = "No range means no public endpoint."
  }
}

run "a_deployer_without_namespace" {
  command = plan

  variables {
    deployers = { delivery = { role_arn = "arn:aws-us-gov:iam::111122223333:role/deploy", namespaces = [] } }
  }

  expect_failures = [var.deployers]
}

run "more_minimum_than_maximum" {
  command = plan

  variables {
    nodes = { min = 3, max = 2 }
  }

  expect_failures = [var.nodes]
}

run "a_key_of_your_own" {
  command = plan

  variables {
    secrets_kms_key_arn = "arn:aws-us-gov:kms:us-gov-west-1:111122223333:key/1"
  }

  assert {
    condition     = aws_eks_cluster.this.encryption_config[0].resources == toset(["secrets"])
    error_message = "Secrets are encrypted with the key that is given."
  }
}
