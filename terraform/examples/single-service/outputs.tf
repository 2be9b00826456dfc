output "repository_url" {
  description = "Where images are pushed to."
  value       = module.registry.url
}

output "cluster_name" {
  description = "cluster of ecs-deploy."
  value       = aws_ecs_cluster.this.name
}

output "service_name" {
  description = "service of ecs-deploy."
  value       = module.service.service_name
}

output "alarm_names" {
  description = "Alarms that take a deployment back."
  value       = module.service.alarm_names
}

output "url" {
  description = "Where the service answers."
  value       = module.service.url
}
