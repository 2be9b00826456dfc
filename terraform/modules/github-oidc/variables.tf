variable "repository" {
  description = "Repository that may take the roles, as owner/name."
  type        = string

  validation {
    condition     = can(regex("^[A-Za-z0-9](?:[A-Za-z0-9-]*)/[A-Za-z0-9._-]+$", var.repository))
    error_message = "repository is \"${var.repository}\": give owner/name, without wildcards."
  }
}

variable "issuer_host" {
  description = "Host of the token issuer. On GitHub Enterprise Server: <host>/_services/token."
  type        = string
  default     = "token.actions.githubusercontent.com"

  validation {
    condition     = !startswith(var.issuer_host, "https://")
    error_message = "issuer_host is \"${var.issuer_host}\": leave the https:// out."
  }
}

variable "provider_arn" {
  description = "The account's identity provider for GitHub, where it exists already (an account has one per issuer); null to make it."
  type        = string
  default     = null
}

variable "roles" {
  description = <<-TEXT
    Roles by name. Each is for some kinds of run, given as the end of the token's subject: "environment:production",
    "ref:refs/heads/main", "pull_request". What it may do is inline policies (JSON, by name) and managed policies (ARNs).
  TEXT
  type = map(object({
    subjects         = set(string)
    policies         = optional(map(string), {})
    managed_policies = optional(set(string), [])
    session_seconds  = optional(number, 3600)
  }))

  validation {
    condition     = alltrue([for role in var.roles : length(role.subjects) > 0])
    error_message = "Each role needs at least one subject, or no run could take it."
  }

  validation {
    condition = alltrue(flatten([for role in var.roles : [for subject in role.subjects :
      subject == "pull_request" || can(regex("^(environment:[^*?:]+|ref:refs/(heads|tags)/[^?]+)$", subject))
    ]]))
    error_message = "A subject has to be pull_request, environment:<name> or ref:refs/heads/<branch> or ref:refs/tags/<tag>."
  }

  validation {
    condition = alltrue(flatten([for role in var.roles : [for subject in role.subjects :
      !can(regex("^ref:refs/(heads|tags)/[*]", subject))
    ]]))
    error_message = "A subject with a wildcard needs something in front of it (ref:refs/tags/v*): any branch would mean anyone who can push one."
  }

  validation {
    condition     = alltrue([for role in var.roles : role.session_seconds >= 3600 && role.session_seconds <= 43200])
    error_message = "session_seconds has to be from 3600 to 43200."
  }
}
