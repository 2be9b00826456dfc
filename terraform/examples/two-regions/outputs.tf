output "deployments" {
  description = "One deployment per region: the matrix of a deploy job."
  value       = [module.primary.deployment, module.secondary.deployment]
}
