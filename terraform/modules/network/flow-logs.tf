# Who talked to whom, and what was refused. Nobody reads it until something happens, and then nothing else will do.
locals {
  flow_logs = var.flow_log_days > 0 ? toset(["all"]) : toset([])
}

# CloudWatch encrypts what it keeps; a key of your own is flow_log_kms_key_arn.
#trivy:ignore:AWS-0017
resource "aws_cloudwatch_log_group" "flow" {
  for_each = local.flow_logs

  name              = "/vpc/${var.name}"
  retention_in_days = var.flow_log_days
  kms_key_id        = var.flow_log_kms_key_arn
}

data "aws_iam_policy_document" "flow_trust" {
  statement {
    actions = ["sts:AssumeRole"]

    principals {
      type        = "Service"
      identifiers = ["vpc-flow-logs.amazonaws.com"]
    }
  }
}

data "aws_iam_policy_document" "flow" {
  for_each = aws_cloudwatch_log_group.flow

  statement {
    actions   = ["logs:CreateLogStream", "logs:PutLogEvents", "logs:DescribeLogStreams"]
    resources = ["${each.value.arn}:*"]
  }
}

resource "aws_iam_role" "flow" {
  for_each = local.flow_logs

  name               = "${var.name}-flow-logs"
  assume_role_policy = data.aws_iam_policy_document.flow_trust.json
}

resource "aws_iam_role_policy" "flow" {
  for_each = aws_iam_role.flow

  name   = "write"
  role   = each.value.id
  policy = data.aws_iam_policy_document.flow[each.key].json
}

resource "aws_flow_log" "this" {
  for_each = aws_cloudwatch_log_group.flow

  vpc_id          = aws_vpc.this.id
  traffic_type    = "ALL"
  log_destination = each.value.arn
  iam_role_arn    = aws_iam_role.flow[each.key].arn

  tags = { Name = var.name }
}
