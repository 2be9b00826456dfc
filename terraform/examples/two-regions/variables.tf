variable "name" {
  description = "Name of the service in both regions."
  type        = string
  default     = "api"

  validation {
    condition     = can(regex("^[a-z][a-z0-9]*(-[a-z0-9]+)*$", var.name)) && length(var.name) <= 26
    error_message = "name is \"${var.name}\": use lower-case letters, digits and single hyphens, at most 26 characters."
  }
}

variable "primary_region" {
  description = "Region that images are pushed to."
  type        = string
  default     = "eu-west-1"
}

variable "secondary_region" {
  description = "The other region."
  type        = string
  default     = "us-east-1"

  validation {
    condition     = var.secondary_region != var.primary_region
    error_message = "secondary_region is ${var.secondary_region}, as primary_region is: give two different ones."
  }
}

variable "replicate_images" {
  description = "Whether this root sets the registry's replication."
  type        = bool
  default     = true
}

variable "zone_id" {
  description = "Hosted zone in Route 53 for one name of both; null for none."
  type        = string
  default     = null
}

variable "host_name" {
  description = "That name."
  type        = string
  default     = null

  validation {
    condition     = (var.host_name == null) == (var.zone_id == null)
    error_message = "zone_id and host_name go together: give both or none."
  }
}

variable "autoscaling" {
  description = "Whether the number of tasks follows the load."
  type        = bool
  default     = true
}

variable "deletion_protection" {
  description = "Refuse to delete the load balancers."
  type        = bool
  default     = true
}
