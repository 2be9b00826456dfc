locals {
  provider_arn = var.provider_arn != null ? var.provider_arn : one(aws_iam_openid_connect_provider.github[*].arn)

  inline = merge([for role, given in var.roles : {
    for name, policy in given.policies : "${role} ${name}" => { role = role, name = name, policy = policy }
  }]...)
  managed = merge([for role, given in var.roles : {
    for arn in given.managed_policies : "${role} ${arn}" => { role = role, arn = arn }
  }]...)
}

# No thumbprint: IAM trusts GitHub's certificate authority by itself.
resource "aws_iam_openid_connect_provider" "github" {
  count = var.provider_arn == null ? 1 : 0

  url            = "https://${var.issuer_host}"
  client_id_list = ["sts.amazonaws.com"]
}

data "aws_iam_policy_document" "trust" {
  for_each = var.roles

  statement {
    actions = ["sts:AssumeRoleWithWebIdentity"]

    principals {
      type        = "Federated"
      identifiers = [local.provider_arn]
    }

    condition {
      test     = "StringEquals"
      variable = "${var.issuer_host}:aud"
      values   = ["sts.amazonaws.com"]
    }

    condition {
      test     = "StringLike"
      variable = "${var.issuer_host}:sub"
      values   = [for subject in each.value.subjects : "repo:${var.repository}:${subject}"]
    }
  }
}

resource "aws_iam_role" "this" {
  for_each = var.roles

  name                 = each.key
  description          = "Runs of ${var.repository}: ${join(", ", each.value.subjects)}"
  max_session_duration = each.value.session_seconds
  assume_role_policy   = data.aws_iam_policy_document.trust[each.key].json
}

resource "aws_iam_role_policy" "this" {
  for_each = local.inline

  role   = aws_iam_role.this[each.value.role].id
  name   = each.value.name
  policy = each.value.policy
}

resource "aws_iam_role_policy_attachment" "this" {
  for_each = local.managed

  role       = aws_iam_role.this[each.value.role].name
  policy_arn = each.value.arn
}
