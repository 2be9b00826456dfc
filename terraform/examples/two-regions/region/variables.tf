variable "name" {
  description = "Name of the service."
  type        = string
}

variable "cidr" {
  description = "Address range of the region's VPC, another one in each region."
  type        = string
}

variable "autoscaling" {
  description = "Whether the number of tasks follows the load."
  type        = bool
}

variable "deletion_protection" {
  description = "Refuse to delete the load balancer."
  type        = bool
}
