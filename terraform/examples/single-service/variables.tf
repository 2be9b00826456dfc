variable "name" {
  description = "Name of everything: repository, cluster, service, load balancer."
  type        = string
  default     = "api"

  validation {
    condition     = can(regex("^[a-z][a-z0-9]*(-[a-z0-9]+)*$", var.name)) && length(var.name) <= 26
    error_message = "name is \"${var.name}\": use lower-case letters, digits and single hyphens, at most 26 characters."
  }
}

variable "certificate_arn" {
  description = "ACM certificate for HTTPS; null for HTTP alone."
  type        = string
  default     = null
}

variable "alarm_topics" {
  description = "SNS topics that are told of alarms."
  type        = list(string)
  default     = []
}
