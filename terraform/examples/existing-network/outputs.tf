output "url" {
  description = "Where the service answers."
  value       = module.service.url
}

output "service_name" {
  description = "Name of the ECS service."
  value       = module.service.service_name
}
