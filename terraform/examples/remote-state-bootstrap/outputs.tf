output "bucket" {
  description = "Name of the bucket."
  value       = aws_s3_bucket.state.bucket
}

output "bucket_arn" {
  description = "ARN of the bucket."
  value       = aws_s3_bucket.state.arn
}

output "backend_config" {
  description = "Backend configuration of the stack, as `terraform init -backend-config` takes it."
  value       = <<-TEXT
    bucket = "${aws_s3_bucket.state.bucket}"
    region = "${aws_s3_bucket.state.region}"
  TEXT
}
