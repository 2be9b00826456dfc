variable "repository" {
  description = "Repository on GitHub, as owner/name."
  type        = string
}

variable "branch" {
  description = "Branch that delivers."
  type        = string
  default     = "main"
}

variable "release_tags" {
  description = "Tags whose runs may build and plan too, for example v*: for deliveries that a release starts. Protect such tags by a ruleset. Null: none."
  type        = string
  default     = null
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

variable "image_repository" {
  description = "The ECR repository that images are in, where the stack has none of its own: for a second environment in the same account. Null: the one called like name."
  type        = string
  default     = null
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
