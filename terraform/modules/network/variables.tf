variable "name" {
  description = "Name of the VPC and the prefix of its parts' names."
  type        = string
}

variable "cidr" {
  description = "IPv4 range of the VPC; each subnet takes a 256th."
  type        = string

  validation {
    condition     = can(cidrsubnet(var.cidr, 8, 255))
    error_message = "cidr is \"${var.cidr}\": give an IPv4 range that can be cut in 256, for example 10.20.0.0/16."
  }
}

variable "zones" {
  description = "Availability zones, one public subnet in each. Appending one later moves nothing."
  type        = list(string)

  validation {
    condition     = length(var.zones) >= 2 && length(var.zones) <= 16 && length(distinct(var.zones)) == length(var.zones)
    error_message = "zones needs from 2 to 16 different zones: a load balancer refuses to live in one."
  }
}

variable "nat" {
  description = "\"none\" for public subnets only, \"single\" or \"per-zone\" for private subnets with that many NAT gateways."
  type        = string
  default     = "none"

  validation {
    condition     = contains(["none", "single", "per-zone"], var.nat)
    error_message = "nat is \"${var.nat}\": give none, single or per-zone."
  }
}

variable "public_subnet_tags" {
  description = "Further tags of the public subnets."
  type        = map(string)
  default     = {}
}

variable "private_subnet_tags" {
  description = "Further tags of the private subnets."
  type        = map(string)
  default     = {}
}

variable "flow_log_days" {
  description = "Days to keep flow logs of the VPC in CloudWatch, in steps that CloudWatch knows (1, 3, 5, 7, 14, 30 ...); 0 for none."
  type        = number
  default     = 0

  validation {
    condition     = contains([0, 1, 3, 5, 7, 14, 30, 60, 90, 120, 150, 180, 365, 400, 545, 731], var.flow_log_days)
    error_message = "flow_log_days is ${var.flow_log_days}: CloudWatch keeps logs for 1, 3, 5, 7, 14, 30, 60, 90, 120, 150, 180, 365, 400, 545 or 731 days; 0 is for none."
  }
}

variable "flow_log_kms_key_arn" {
  description = "KMS key of your own for the flow logs; null for CloudWatch's."
  type        = string
  default     = null
}
