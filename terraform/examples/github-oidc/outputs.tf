output "role_arns" {
  description = "role-to-assume of each job: <name>-plan, <name>-build, <name>-apply and <name>-deploy."
  value       = module.roles.role_arns
}
