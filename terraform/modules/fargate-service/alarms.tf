# What ECS watches while it deploys. A new version that starts, passes its health check and then answers with errors is
# taken back like one that does not start; the circuit breaker alone sees only the latter.
#
# Periods of a minute, and two of them: long enough that one slow minute of a cold cache is none of it, short enough to end
# before ECS's bake time does. No data is no alarm: a service without requests is not ill.
locals {
  alarm_dimensions = {
    LoadBalancer = aws_lb.this.arn_suffix
    TargetGroup  = aws_lb_target_group.this.arn_suffix
  }

  deployment_alarms = var.alarms_enabled ? concat(
    [aws_cloudwatch_metric_alarm.errors[0].alarm_name, aws_cloudwatch_metric_alarm.unhealthy[0].alarm_name],
    aws_cloudwatch_metric_alarm.latency[*].alarm_name,
  ) : []
}

resource "aws_cloudwatch_metric_alarm" "errors" {
  count = var.alarms_enabled ? 1 : 0

  alarm_name          = "${var.name}-errors"
  alarm_description   = "More than ${var.alarm_error_percent} % of the requests to ${var.name} end in an error of the server."
  comparison_operator = "GreaterThanThreshold"
  threshold           = var.alarm_error_percent
  evaluation_periods  = 2
  treat_missing_data  = "notBreaching"
  alarm_actions       = var.alarm_topics
  ok_actions          = var.alarm_topics

  # One error among three requests at night is not a third of the traffic.
  metric_query {
    id          = "percent"
    label       = "Errors in percent"
    expression  = "IF(requests >= 20, 100 * errors / requests, 0)"
    return_data = true
  }

  dynamic "metric_query" {
    for_each = { errors = "HTTPCode_Target_5XX_Count", requests = "RequestCount" }

    content {
      id = metric_query.key

      metric {
        namespace   = "AWS/ApplicationELB"
        metric_name = metric_query.value
        stat        = "Sum"
        period      = 60
        dimensions  = local.alarm_dimensions
      }
    }
  }
}

resource "aws_cloudwatch_metric_alarm" "unhealthy" {
  count = var.alarms_enabled ? 1 : 0

  alarm_name          = "${var.name}-unhealthy"
  alarm_description   = "A task of ${var.name} fails its health check, and its replacement does too."
  comparison_operator = "GreaterThanOrEqualToThreshold"
  threshold           = 1
  evaluation_periods  = 3
  treat_missing_data  = "notBreaching"
  namespace           = "AWS/ApplicationELB"
  metric_name         = "UnHealthyHostCount"
  statistic           = "Maximum"
  period              = 60
  dimensions          = local.alarm_dimensions
  alarm_actions       = var.alarm_topics
  ok_actions          = var.alarm_topics
}

resource "aws_cloudwatch_metric_alarm" "latency" {
  count = var.alarms_enabled && var.alarm_latency_seconds != null ? 1 : 0

  alarm_name          = "${var.name}-latency"
  alarm_description   = "One request to ${var.name} in twenty takes longer than ${coalesce(var.alarm_latency_seconds, 0)} s."
  comparison_operator = "GreaterThanThreshold"
  threshold           = var.alarm_latency_seconds
  evaluation_periods  = 2
  treat_missing_data  = "notBreaching"
  namespace           = "AWS/ApplicationELB"
  metric_name         = "TargetResponseTime"
  extended_statistic  = "p95"
  period              = 60
  dimensions          = local.alarm_dimensions
  alarm_actions       = var.alarm_topics
  ok_actions          = var.alarm_topics
}
