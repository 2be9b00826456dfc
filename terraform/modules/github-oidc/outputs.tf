output "provider_arn" {
  description = "The identity provider for GitHub."
  value       = local.provider_arn
}

output "role_arns" {
  description = "ARN of each role, by name: role-to-assume of a workflow."
  value       = { for name, role in aws_iam_role.this : name => role.arn }
}
