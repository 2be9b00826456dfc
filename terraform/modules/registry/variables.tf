variable "name" {
  description = "Name of the repository."
  type        = string

  validation {
    condition     = can(regex("^[a-z0-9]+([._/-][a-z0-9]+)*$", var.name))
    error_message = "name is \"${var.name}\": a repository is named with lower-case letters, digits and single . _ - or /."
  }
}

variable "immutable_tags" {
  description = "Whether a pushed tag can never point to another image."
  type        = bool
  default     = false
}

variable "keep_images" {
  description = "Tagged images to keep for rollbacks."
  type        = number
  default     = 50

  validation {
    condition     = var.keep_images >= 1
    error_message = "keep_images is ${var.keep_images}: keep at least 1, or there is nothing to run."
  }
}

variable "untagged_days" {
  description = "Days to keep images without a tag, such as those a moved tag left behind. A digest that still runs may be among them."
  type        = number
  default     = 30

  validation {
    condition     = var.untagged_days >= 1
    error_message = "untagged_days is ${var.untagged_days}: give at least 1."
  }
}

variable "force_delete" {
  description = "Delete the repository even while it holds images."
  type        = bool
  default     = false
}

variable "kms_key_arn" {
  description = "KMS key of your own for the images; null for ECR's. Chosen at creation: a later change does nothing."
  type        = string
  default     = null
}
