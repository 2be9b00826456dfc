variable "bucket" {
  description = "Name of the bucket, unique in all of AWS."
  type        = string

  validation {
    condition     = can(regex("^[a-z0-9][a-z0-9-]{1,61}[a-z0-9]$", var.bucket))
    error_message = "bucket is \"${var.bucket}\": use from 3 to 63 lower-case letters, digits and hyphens."
  }
}

variable "s3_use_path_style" {
  description = "Address buckets by path. For emulators; AWS wants it off."
  type        = bool
  default     = false
}

variable "kms_key_arn" {
  description = "KMS key of your own for the state; null for the account's key for S3."
  type        = string
  default     = null
}
