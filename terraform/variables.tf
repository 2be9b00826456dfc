variable "name" {
  description = "Name of the service; it names the repository, the task family, the roles, the load balancer and the log group."
  type        = string
  default     = "streaming-api"

  validation {
    condition     = can(regex("^[a-z][a-z0-9]*(-[a-z0-9]+)*$", var.name)) && length(var.name) <= 26
    error_message = "name is \"${var.name}\": use lower-case letters, digits and single hyphens, starting with a letter, at most 26 characters (a load balancer's name ends at 32)."
  }
}

variable "repository" {
  description = "ECR repository that is there already, in this account and region: images come from it, and none is made. For a second environment of an app, which runs what the first one built. Null: the stack makes one, called like name."
  type        = string
  default     = null
}

variable "cluster_name" {
  description = "Name of the ECS cluster."
  type        = string
  default     = "StreamingCluster"

  validation {
    condition     = can(regex("^[A-Za-z0-9_-]{1,255}$", var.cluster_name))
    error_message = "cluster_name is \"${var.cluster_name}\": use letters, digits, hyphens and underscores."
  }
}

variable "service_name" {
  description = "Name of the ECS service."
  type        = string
  default     = "APIService"

  validation {
    condition     = can(regex("^[A-Za-z0-9_-]{1,255}$", var.service_name))
    error_message = "service_name is \"${var.service_name}\": use letters, digits, hyphens and underscores."
  }
}

variable "vpc_cidr" {
  description = "Address range of the VPC. Each subnet takes a 256th of it."
  type        = string
  default     = "10.20.0.0/16"

  validation {
    condition     = can(cidrnetmask(var.vpc_cidr)) && try(tonumber(split("/", var.vpc_cidr)[1]) >= 16 && tonumber(split("/", var.vpc_cidr)[1]) <= 20, false)
    error_message = "vpc_cidr is \"${var.vpc_cidr}\": give an IPv4 range from /16 to /20, for example 10.20.0.0/16."
  }
}

variable "nat" {
  description = "\"none\": tasks run in the public subnets with a public address and cost no gateway. \"single\" and \"per-zone\": tasks run in private subnets behind one or two NAT gateways."
  type        = string
  default     = "none"

  validation {
    condition     = contains(["none", "single", "per-zone"], var.nat)
    error_message = "nat is \"${var.nat}\": give none, single or per-zone."
  }
}

variable "desired_count" {
  description = "Tasks the service should run, and the least that autoscaling keeps. A new service starts at 0 until its first deployment (see bootstrap_image); afterwards this is the deployment's and the autoscaler's business."
  type        = number
  default     = 2

  validation {
    condition     = var.desired_count >= 1 && floor(var.desired_count) == var.desired_count
    error_message = "desired_count is ${var.desired_count}: give a whole number from 1."
  }
}

variable "bootstrap_image" {
  description = "Image that a new service starts with, for a stack without a deployment stage. Null: the service starts at 0 tasks and its first deployment brings the image. Without effect once the service exists."
  type        = string
  default     = null
}

variable "container_port" {
  description = "Port the container listens on."
  type        = number
  default     = 3000

  validation {
    condition     = var.container_port >= 1 && var.container_port <= 65535
    error_message = "container_port is ${var.container_port}: give a port from 1 to 65535."
  }
}

variable "health_check_path" {
  description = "Path that answers 200 while the service is well."
  type        = string
  default     = "/healthz"

  validation {
    condition     = startswith(var.health_check_path, "/")
    error_message = "health_check_path is \"${var.health_check_path}\": it has to start with a slash."
  }
}

variable "certificate_arn" {
  description = "ACM certificate. With it the load balancer serves HTTPS and sends HTTP there; without it, HTTP alone."
  type        = string
  default     = null
}

variable "allowed_cidrs" {
  description = "Address ranges that may reach the load balancer."
  type        = set(string)
  default     = ["0.0.0.0/0"]

  validation {
    condition     = alltrue([for cidr in var.allowed_cidrs : can(cidrnetmask(cidr))])
    error_message = "allowed_cidrs holds something that is not an IPv4 range such as 203.0.113.0/24."
  }
}

variable "secret_arns" {
  description = "Secrets Manager secrets and SSM parameters that a task definition may name under secrets."
  type        = set(string)
  default     = []

  validation {
    condition     = alltrue([for arn in var.secret_arns : can(regex("^arn:[^:]+:(secretsmanager|ssm):", arn))])
    error_message = "secret_arns holds something that is not the ARN of a Secrets Manager secret or an SSM parameter."
  }
}

variable "log_retention_days" {
  description = "Days that CloudWatch Logs keeps what tasks write; one of the periods CloudWatch knows."
  type        = number
  default     = 30
}

variable "autoscaling" {
  description = "Whether the number of tasks follows the load, from desired_count to autoscaling_max."
  type        = bool
  default     = true
}

variable "autoscaling_max" {
  description = "Most tasks that autoscaling starts."
  type        = number
  default     = 6

  validation {
    condition     = var.autoscaling_max >= var.desired_count
    error_message = "autoscaling_max is ${var.autoscaling_max}, less than desired_count (${var.desired_count})."
  }
}

variable "alarms" {
  description = "Whether alarms on errors and health take a deployment back that sets them off. Null: when autoscaling is on, as both live on the metrics of CloudWatch."
  type        = bool
  default     = null
}

variable "alarm_topics" {
  description = "SNS topics that are told of alarms."
  type        = list(string)
  default     = []
}

variable "container_insights" {
  description = "ECS Container Insights: \"enhanced\", \"enabled\" or \"disabled\". The first two cost per metric."
  type        = string
  default     = "disabled"

  validation {
    condition     = contains(["enhanced", "enabled", "disabled"], var.container_insights)
    error_message = "container_insights is \"${var.container_insights}\": give enhanced, enabled or disabled."
  }
}

variable "deletion_protection" {
  description = "Refuse to delete the load balancer, and the repository while it holds images. Switch it off (and apply) before a destroy."
  type        = bool
  default     = true
}

variable "eks_enabled" {
  description = "Also make an EKS cluster in the same VPC. Its nodes live in private subnets, so nat has to be single or per-zone."
  type        = bool
  default     = false

  validation {
    condition     = !var.eks_enabled || var.nat != "none"
    error_message = "eks_enabled needs nat to be single or per-zone: the nodes have no way out otherwise."
  }
}

variable "eks_admin_arns" {
  description = "IAM roles and users that administer the EKS cluster."
  type        = set(string)
  default     = []
}

variable "tags" {
  description = "Tags for everything, on top of Project and ManagedBy."
  type        = map(string)
  default     = {}
}
