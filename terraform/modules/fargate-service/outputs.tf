output "service_name" {
  description = "Name of the ECS service."
  value       = aws_ecs_service.this.name
}

output "task_family" {
  description = "Family of the service's task definitions."
  value       = aws_ecs_task_definition.bootstrap.family
}

output "container_name" {
  description = "Container that takes the requests."
  value       = var.container_name
}

output "execution_role_arn" {
  description = "executionRoleArn of a task definition."
  value       = aws_iam_role.execution.arn
}

output "task_role_arn" {
  description = "taskRoleArn of a task definition."
  value       = aws_iam_role.task.arn
}

output "log_group_name" {
  description = "Log group of the tasks."
  value       = aws_cloudwatch_log_group.this.name
}

output "task_security_group_id" {
  description = "Security group of the tasks."
  value       = aws_security_group.task.id
}

output "target_group_arn" {
  description = "Target group of the load balancer."
  value       = aws_lb_target_group.this.arn
}

output "alb_dns_name" {
  description = "Name of the load balancer in DNS."
  value       = aws_lb.this.dns_name
}

output "url" {
  description = "Where the service answers."
  value       = "${local.secured ? "https" : "http"}://${aws_lb.this.dns_name}"
}

output "alarm_names" {
  description = "Alarms that take a deployment back, for whoever watches one; none with alarms_enabled = false."
  value       = local.deployment_alarms
}

output "zone_id" {
  description = "Hosted zone of the load balancer, for an alias record in Route 53."
  value       = aws_lb.this.zone_id
}
