variable "name" {
  description = "Name of the service and of its repository."
  type        = string
  default     = "streaming-api"
}

variable "cluster_name" {
  description = "The ECS cluster."
  type        = string
}

variable "vpc_id" {
  description = "The VPC."
  type        = string
}

variable "public_subnet_tag" {
  description = "Name tag of the public subnets; * stands for anything."
  type        = string
  default     = "*public*"
}

variable "private_subnet_tag" {
  description = "Name tag of the private subnets, which need a way out to ECR."
  type        = string
  default     = "*private*"
}
