variable "name" {
  description = "Task family, and the prefix of roles, load balancer, target group, security groups and log group."
  type        = string

  validation {
    condition     = can(regex("^[a-zA-Z][a-zA-Z0-9-]*[a-zA-Z0-9]$", var.name)) && length(var.name) <= 26
    error_message = "name is \"${var.name}\": use letters, digits and hyphens, at most 26 characters (a load balancer's name ends at 32)."
  }
}

variable "service_name" {
  description = "Name of the ECS service."
  type        = string

  validation {
    condition     = can(regex("^[A-Za-z0-9_-]{1,255}$", var.service_name))
    error_message = "service_name is \"${var.service_name}\": use letters, digits, hyphens and underscores."
  }
}

variable "cluster_arn" {
  description = "ARN of the ECS cluster."
  type        = string

  validation {
    condition     = can(regex("^arn:[^:]+:ecs:", var.cluster_arn))
    error_message = "cluster_arn is \"${var.cluster_arn}\": give the ARN of an ECS cluster."
  }
}

variable "cluster_name" {
  description = "Name of the ECS cluster."
  type        = string
}

variable "vpc_id" {
  description = "VPC of the load balancer and the tasks."
  type        = string
}

variable "load_balancer_subnets" {
  description = "Subnets of the load balancer, in at least two zones."
  type        = list(string)

  validation {
    condition     = length(var.load_balancer_subnets) >= 2
    error_message = "load_balancer_subnets needs subnets in at least two zones."
  }
}

variable "task_subnets" {
  description = "Subnets of the tasks."
  type        = list(string)

  validation {
    condition     = length(var.task_subnets) >= 1
    error_message = "task_subnets is empty: tasks need a subnet."
  }
}

variable "assign_public_ip" {
  description = "Give tasks a public address: the way out of a public subnet, as an internet gateway serves no other."
  type        = bool
  default     = false
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

variable "certificate_arn" {
  description = "ACM certificate for HTTPS; null for HTTP alone."
  type        = string
  default     = null

  validation {
    condition     = var.certificate_arn == null || can(regex("^arn:[^:]+:(acm|iam):", var.certificate_arn))
    error_message = "certificate_arn is \"${coalesce(var.certificate_arn, "null")}\": give the ARN of a certificate in ACM."
  }
}

variable "deletion_protection" {
  description = "Refuse to delete the load balancer."
  type        = bool
  default     = true
}

variable "container_name" {
  description = "Container that takes the requests."
  type        = string
  default     = "api"
}

variable "container_port" {
  description = "Port it listens on."
  type        = number
  default     = 3000

  validation {
    condition     = var.container_port >= 1 && var.container_port <= 65535 && floor(var.container_port) == var.container_port
    error_message = "container_port is ${var.container_port}: give a port from 1 to 65535."
  }
}

variable "health_check_path" {
  description = "Path that answers 200 while the container is well."
  type        = string
  default     = "/healthz"

  validation {
    condition     = startswith(var.health_check_path, "/")
    error_message = "health_check_path is \"${var.health_check_path}\": it has to start with a slash."
  }
}

variable "health_check_grace_seconds" {
  description = "Seconds after a task's start in which a failing health check does not count."
  type        = number
  default     = 30

  validation {
    condition     = var.health_check_grace_seconds >= 0
    error_message = "health_check_grace_seconds is ${var.health_check_grace_seconds}: give 0 or more."
  }
}

variable "deregistration_seconds" {
  description = "Seconds that a leaving task still gets to answer. Each deployment waits them out."
  type        = number
  default     = 15

  validation {
    condition     = var.deregistration_seconds >= 0 && var.deregistration_seconds <= 3600
    error_message = "deregistration_seconds is ${var.deregistration_seconds}: give 0 to 3600."
  }
}

variable "repository_arn" {
  description = "ECR repository that tasks pull from."
  type        = string

  validation {
    condition     = can(regex("^arn:[^:]+:ecr:", var.repository_arn))
    error_message = "repository_arn is \"${var.repository_arn}\": give the ARN of an ECR repository."
  }
}

variable "repository_url" {
  description = "Address of that repository, for the task definition a new service starts with."
  type        = string
}

variable "bootstrap_image" {
  description = "Image that a new service starts with; null starts it with 0 tasks."
  type        = string
  default     = null
}

variable "desired_count" {
  description = "Tasks of a new service with a bootstrap image, and the least that autoscaling keeps."
  type        = number
  default     = 2

  validation {
    condition     = var.desired_count >= 1 && floor(var.desired_count) == var.desired_count
    error_message = "desired_count is ${var.desired_count}: give a whole number from 1."
  }
}

variable "secret_arns" {
  description = "Secrets Manager secrets and SSM parameters that task definitions may name."
  type        = set(string)
  default     = []

  validation {
    condition     = alltrue([for arn in var.secret_arns : can(regex("^arn:[^:]+:(secretsmanager|ssm):", arn))])
    error_message = "secret_arns holds something that is not the ARN of a Secrets Manager secret or an SSM parameter."
  }
}

variable "task_policy_json" {
  description = "IAM policy of the container itself; null for none."
  type        = string
  default     = null

  validation {
    condition     = var.task_policy_json == null || can(jsondecode(var.task_policy_json))
    error_message = "task_policy_json is no JSON: give the json of an aws_iam_policy_document."
  }
}

variable "execute_command" {
  description = "Allow `aws ecs execute-command` into the tasks."
  type        = bool
  default     = false
}

variable "log_retention_days" {
  description = "Days to keep the log."
  type        = number
  default     = 30

  validation {
    condition     = contains([0, 1, 3, 5, 7, 14, 30, 60, 90, 120, 150, 180, 365, 400, 545, 731, 1096, 1827, 2192, 2557, 2922, 3288, 3653], var.log_retention_days)
    error_message = "log_retention_days is ${var.log_retention_days}, which CloudWatch does not know: give 1, 3, 5, 7, 14, 30, 60, 90, 120, 150, 180, 365, 400, 545 or more years of them, or 0 for ever."
  }
}

variable "autoscaling_enabled" {
  description = "Whether the number of tasks follows the load."
  type        = bool
  default     = true
}

variable "autoscaling_max" {
  description = "Most tasks that autoscaling starts."
  type        = number
  default     = 6
}

variable "autoscaling_cpu_percent" {
  description = "Average CPU use that autoscaling aims at."
  type        = number
  default     = 60

  validation {
    condition     = var.autoscaling_cpu_percent > 0 && var.autoscaling_cpu_percent <= 100
    error_message = "autoscaling_cpu_percent is ${var.autoscaling_cpu_percent}: give a percentage."
  }
}

variable "autoscaling_memory_percent" {
  description = "Average memory use that autoscaling aims at; null leaves memory out of it."
  type        = number
  default     = null

  validation {
    condition     = var.autoscaling_memory_percent == null || (coalesce(var.autoscaling_memory_percent, 0) > 0 && coalesce(var.autoscaling_memory_percent, 0) <= 100)
    error_message = "autoscaling_memory_percent is ${coalesce(var.autoscaling_memory_percent, 0)}: give a percentage."
  }
}

variable "autoscaling_requests_per_task" {
  description = "Requests a minute and task that autoscaling aims at; null leaves them out of it."
  type        = number
  default     = null

  validation {
    condition     = coalesce(var.autoscaling_requests_per_task, 1) >= 1
    error_message = "autoscaling_requests_per_task is ${coalesce(var.autoscaling_requests_per_task, 0)}: give at least 1."
  }
}

variable "alarms_enabled" {
  description = "Whether alarms on errors and health take a deployment back that sets them off."
  type        = bool
  default     = true
}

variable "alarm_error_percent" {
  description = "Share of requests, in percent, that may end in an error of the server (5xx)."
  type        = number
  default     = 5

  validation {
    condition     = var.alarm_error_percent > 0 && var.alarm_error_percent < 100
    error_message = "alarm_error_percent is ${var.alarm_error_percent}: give a percentage between 0 and 100."
  }
}

variable "alarm_latency_seconds" {
  description = "Seconds within which 19 of 20 requests have to be answered; null for no such alarm."
  type        = number
  default     = null

  validation {
    condition     = coalesce(var.alarm_latency_seconds, 1) > 0
    error_message = "alarm_latency_seconds is ${coalesce(var.alarm_latency_seconds, 0)}: give more than 0."
  }
}

variable "alarm_topics" {
  description = "SNS topics that are told when an alarm goes off, and when it is over."
  type        = list(string)
  default     = []

  validation {
    condition     = alltrue([for arn in var.alarm_topics : can(regex("^arn:[^:]+:sns:", arn))])
    error_message = "alarm_topics holds something that is not the ARN of an SNS topic."
  }
}

variable "role_prefix" {
  description = "Prefix of the roles' names instead of name. Roles belong to an account, not to a region: a service in two regions needs two."
  type        = string
  default     = null

  validation {
    condition     = var.role_prefix == null || can(regex("^[A-Za-z0-9+=,.@_-]{1,54}$", var.role_prefix))
    error_message = "role_prefix is \"${coalesce(var.role_prefix, "null")}\": use letters, digits and +=,.@_-, at most 54 characters."
  }
}

variable "log_kms_key_arn" {
  description = "KMS key of your own for the log, which CloudWatch Logs may use; null for CloudWatch's."
  type        = string
  default     = null
}
