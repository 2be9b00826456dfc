variable "repository" {
  description = "Repository on GitHub, as owner/name."
  type        = string
}

variable "branch" {
  description = "Branch that delivers."
  type        = string
  default     = "main"
}

variable "environment" {
  description = "Environment on GitHub whose reviewers stand in front of apply and deploy."
  type        = string
  default     = "production"
}

variable "state_bucket" {
  description = "Bucket with the stack's state."
  type        = string
}

variable "state_key" {
  description = "Key of the stack's state in the bucket."
  type        = string
  default     = "streaming-api/production.tfstate"
}

variable "provider_arn" {
  description = "The account's identity provider for GitHub, where it exists already."
  type        = string
  default     = null
}

variable "name" {
  description = "The stack's name."
  type        = string
  default     = "streaming-api"
}

variable "cluster_name" {
  description = "The stack's ECS cluster."
  type        = string
  default     = "StreamingCluster"
}

variable "service_name" {
  description = "The stack's ECS service."
  type        = string
  default     = "APIService"
}
