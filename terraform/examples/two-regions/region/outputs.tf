output "deployment" {
  description = "What a deployment to this region has to know."
  value = {
    region             = data.aws_region.current.name
    repository         = module.registry.name
    cluster            = aws_ecs_cluster.this.name
    service            = module.service.service_name
    execution_role_arn = module.service.execution_role_arn
    task_role_arn      = module.service.task_role_arn
    log_group          = module.service.log_group_name
    url                = module.service.url
    alarms             = module.service.alarm_names
  }
}

output "load_balancer" {
  description = "What a DNS record points at."
  value       = { name = module.service.alb_dns_name, zone_id = module.service.zone_id }
}
