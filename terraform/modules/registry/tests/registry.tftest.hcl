mock_provider "aws" {}

variables {
  name = "streaming-api"
}

run "as_it_comes" {
  command = plan

  assert {
    condition     = aws_ecr_repository.this.image_tag_mutability == "MUTABLE" && !aws_ecr_repository.this.force_delete
    error_message = "Tags can move, and a repository with images is not deleted."
  }

  assert {
    condition     = aws_ecr_repository.this.image_scanning_configuration[0].scan_on_push
    error_message = "Images are scanned when they are pushed."
  }

  assert {
    condition     = [for rule in jsondecode(aws_ecr_lifecycle_policy.this.policy).rules : rule.selection.countNumber] == [30, 50]
    error_message = "Untagged images go after 30 days, tagged ones beyond the newest 50."
  }
}

run "tags_that_never_move" {
  command = plan

  variables {
    immutable_tags = true
  }

  assert {
    condition     = aws_ecr_repository.this.image_tag_mutability == "IMMUTABLE"
    error_message = "A pushed tag stays what it is."
  }
}

run "a_name_that_ecr_refuses" {
  command = plan

  variables {
    name = "Streaming--API"
  }

  expect_failures = [var.name]
}

run "no_image_to_go_back_to" {
  command = plan

  variables {
    keep_images = 0
  }

  expect_failures = [var.keep_images]
}

run "a_key_of_your_own" {
  command = plan

  variables {
    kms_key_arn = "arn:aws:kms:eu-west-1:111122223333:key/1"
  }

  assert {
    condition     = aws_ecr_repository.this.encryption_configuration[0].encryption_type == "KMS"
    error_message = "A key is used when it is given."
  }
}
