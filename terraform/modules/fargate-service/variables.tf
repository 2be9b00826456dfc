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
}

variable "cluster_arn" {
  description = "ARN of the ECS cluster."
  type        = string
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
}

variable "certificate_arn" {
  description = "ACM certificate for HTTPS; null for HTTP alone."
  type        = string
  default     = null
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
}

variable "health_check_path" {
  description = "Path that answers 200 while the container is well."
  type        = string
  default     = "/healthz"
}

variable "health_check_grace_seconds" {
  description = "Seconds after a task's start in which a failing health check does not count."
  type        = number
  default     = 30
}

variable "deregistration_seconds" {
  description = "Seconds that a leaving task still gets to answer. Each deployment waits them out."
  type        = number
  default     = 15
}

variable "repository_arn" {
  description = "ECR repository that tasks pull from."
  type        = string
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
}

variable "secret_arns" {
  description = "Secrets Manager secrets and SSM parameters that task definitions may name."
  type        = set(string)
  default     = []
}

variable "task_policy_json" {
  description = "IAM policy of the container itself; null for none."
  type        = string
  default     = null
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
