data "aws_region" "current" {}

locals {
  secured = var.certificate_arn != null
}

# CloudWatch encrypts what it keeps; a key of your own is log_kms_key_arn.
#trivy:ignore:AWS-0017
resource "aws_cloudwatch_log_group" "this" {
  name              = "/ecs/${var.name}"
  retention_in_days = var.log_retention_days
  kms_key_id        = var.log_kms_key_arn
}

# What a new service is born with. Deployments register their own revisions in the same family, from the file next to the
# application, and the service below never looks back at this one. A later edit of this stack must not replace it either:
# that would deregister a revision that a rollback may want, and put a destroy into an innocent plan.
resource "aws_ecs_task_definition" "bootstrap" {
  family                   = var.name
  network_mode             = "awsvpc"
  requires_compatibilities = ["FARGATE"]
  cpu                      = 256
  memory                   = 512
  execution_role_arn       = aws_iam_role.execution.arn
  task_role_arn            = aws_iam_role.task.arn

  container_definitions = jsonencode([{
    name         = var.container_name
    image        = coalesce(var.bootstrap_image, "${var.repository_url}:bootstrap")
    essential    = true
    portMappings = [{ containerPort = var.container_port, protocol = "tcp" }]
    logConfiguration = {
      logDriver = "awslogs"
      options = {
        "awslogs-group"         = aws_cloudwatch_log_group.this.name
        "awslogs-region"        = data.aws_region.current.name
        "awslogs-stream-prefix" = var.container_name
      }
    }
  }])

  lifecycle {
    ignore_changes = all
  }
}

resource "aws_ecs_service" "this" {
  name            = var.service_name
  cluster         = var.cluster_arn
  task_definition = aws_ecs_task_definition.bootstrap.arn
  launch_type     = "FARGATE"

  # Without an image there is nothing to run: 0 tasks until the first deployment, rather than tasks that cannot pull and
  # an application that is up before its database was migrated.
  desired_count = var.bootstrap_image == null ? 0 : var.desired_count

  deployment_minimum_healthy_percent = 100
  deployment_maximum_percent         = 200
  health_check_grace_period_seconds  = var.health_check_grace_seconds
  enable_execute_command             = var.execute_command
  enable_ecs_managed_tags            = true
  propagate_tags                     = "SERVICE"
  # The deployment stage waits, and knows why when it waits in vain.
  wait_for_steady_state = false

  deployment_circuit_breaker {
    enable   = true
    rollback = true
  }

  dynamic "alarms" {
    for_each = length(local.deployment_alarms) > 0 ? [local.deployment_alarms] : []

    content {
      enable      = true
      rollback    = true
      alarm_names = alarms.value
    }
  }

  network_configuration {
    subnets          = var.task_subnets
    security_groups  = [aws_security_group.task.id]
    assign_public_ip = var.assign_public_ip
  }

  load_balancer {
    target_group_arn = aws_lb_target_group.this.arn
    container_name   = var.container_name
    container_port   = var.container_port
  }

  # At creation only. It is what one switches off by hand while a zone is in trouble, and a plan must not switch it back on.
  availability_zone_rebalancing = "ENABLED"

  lifecycle {
    # Deployments choose the task definition, deployments and autoscaling the number of tasks.
    ignore_changes = [task_definition, desired_count, availability_zone_rebalancing]
  }

  # ECS refuses a target group that no listener uses; and tasks that stop still write to the log with the role's policy.
  depends_on = [aws_lb_listener.http, aws_lb_listener.https, aws_iam_role_policy.execution]
}
