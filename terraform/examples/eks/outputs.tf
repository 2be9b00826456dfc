output "cluster_name" {
  description = "cluster-name of a rollout."
  value       = module.eks.cluster_name
}
