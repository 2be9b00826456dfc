variable "name" {
  description = "Name of the cluster and its VPC."
  type        = string
  default     = "streaming"
}

variable "admin_arns" {
  description = "IAM roles and users that administer the cluster."
  type        = set(string)
}

variable "deploy_role_arn" {
  description = "IAM role that deploys."
  type        = string
}
