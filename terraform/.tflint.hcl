# tflint --recursive --config "$PWD/.tflint.hcl": every rule of the language; none is switched off.
plugin "terraform" {
  enabled = true
  preset  = "all"
}
