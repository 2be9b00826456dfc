variable "name" {
  description = "Name of the cluster."
  type        = string

  validation {
    condition     = can(regex("^[0-9A-Za-z][A-Za-z0-9_-]{0,99}$", var.name))
    error_message = "name is \"${var.name}\": use letters, digits, hyphens and underscores, starting with a letter or digit."
  }
}

variable "kubernetes_version" {
  description = "Kubernetes version, minor only; null for the newest that EKS offers at creation."
  type        = string
  default     = null
}

variable "subnet_ids" {
  description = "Subnets of the control plane's interfaces and of load balancers, in at least two zones."
  type        = list(string)

  validation {
    condition     = length(var.subnet_ids) >= 2
    error_message = "subnet_ids needs subnets in at least two zones."
  }
}

variable "node_subnet_ids" {
  description = "Subnets of the nodes. Nodes in a public subnet need one that hands out public addresses."
  type        = list(string)
}

variable "public_access_cidrs" {
  description = "Address ranges that may reach the API server from outside the VPC; empty for none."
  type        = set(string)
  default     = ["0.0.0.0/0"]
}

variable "admin_arns" {
  description = "IAM roles and users that administer the cluster."
  type        = set(string)
  default     = []
}

variable "deployers" {
  description = "IAM roles that deploy, each with the namespaces it may change."
  type        = map(object({ role_arn = string, namespaces = set(string) }))
  default     = {}

  validation {
    condition     = alltrue([for deployer in var.deployers : length(deployer.namespaces) > 0])
    error_message = "Each of deployers needs at least one namespace: without one, EKS would grant the whole cluster."
  }
}

variable "instance_types" {
  description = "Instance types of the nodes."
  type        = list(string)
  default     = ["t3.medium"]
}

variable "nodes" {
  description = "Fewest and most nodes."
  type        = object({ min = number, max = number })
  default     = { min = 2, max = 4 }

  validation {
    condition     = var.nodes.min >= 1 && var.nodes.max >= var.nodes.min
    error_message = "nodes is from ${var.nodes.min} to ${var.nodes.max}: min has to be at least 1 and max at least min."
  }
}

variable "secrets_kms_key_arn" {
  description = "KMS key of your own for Kubernetes secrets; null for EKS's. Once set it cannot be taken away."
  type        = string
  default     = null
}
