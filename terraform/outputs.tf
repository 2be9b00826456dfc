output "region" {
  description = "Region of the stack."
  value       = data.aws_region.current.name
}

output "repository_name" {
  description = "Name of the ECR repository."
  value       = coalesce(var.repository, var.name)
}

output "repository_arn" {
  description = "ARN of the ECR repository."
  value       = local.repository_arn
}

output "repository_url" {
  description = "Address of the ECR repository, without tag or digest."
  value       = local.repository_url
}

output "cluster_name" {
  description = "Name of the ECS cluster."
  value       = aws_ecs_cluster.this.name
}

output "cluster_arn" {
  description = "ARN of the ECS cluster."
  value       = aws_ecs_cluster.this.arn
}

output "service_name" {
  description = "Name of the ECS service."
  value       = module.service.service_name
}

output "desired_count" {
  description = "Tasks that the service should run at least."
  value       = var.desired_count
}

output "task_family" {
  description = "Family of the service's task definitions."
  value       = module.service.task_family
}

output "container_name" {
  description = "Container that the load balancer sends requests to."
  value       = module.service.container_name
}

output "execution_role_arn" {
  description = "Role that pulls the image, reads the secrets and writes the log: executionRoleArn of a task definition."
  value       = module.service.execution_role_arn
}

output "task_role_arn" {
  description = "Role that the container itself has: taskRoleArn of a task definition."
  value       = module.service.task_role_arn
}

output "log_group_name" {
  description = "Log group that the tasks write to."
  value       = module.service.log_group_name
}

output "vpc_id" {
  description = "The VPC."
  value       = module.network.vpc_id
}

output "task_subnet_ids" {
  description = "Subnets that tasks run in."
  value       = local.task_subnet_ids
}

output "task_security_group_id" {
  description = "Security group of the tasks."
  value       = module.service.task_security_group_id
}

output "assign_public_ip" {
  description = "Whether tasks need a public address to reach ECR: ENABLED or DISABLED, as ECS spells it."
  value       = local.tasks_are_public ? "ENABLED" : "DISABLED"
}

output "target_group_arn" {
  description = "Target group of the load balancer."
  value       = module.service.target_group_arn
}

output "alb_dns_name" {
  description = "Name of the load balancer in DNS."
  value       = module.service.alb_dns_name
}

output "url" {
  description = "Where the service answers."
  value       = module.service.url
}

output "eks_cluster_name" {
  description = "Name of the EKS cluster; null without one."
  value       = one(module.eks[*].cluster_name)
}

output "alarm_names" {
  description = "Alarms that take a deployment back."
  value       = module.service.alarm_names
}
