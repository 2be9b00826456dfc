output "vpc_id" {
  description = "The VPC."
  value       = aws_vpc.this.id
}

output "public_subnet_ids" {
  description = "Public subnets, in the order of zones."
  value       = [for zone in var.zones : aws_subnet.public[zone].id]

  # Whoever starts something in these subnets needs the way out to be there, which no attribute says.
  depends_on = [aws_route.internet, aws_route_table_association.public]
}

output "private_subnet_ids" {
  description = "Private subnets, in the order of zones; none without NAT."
  value       = [for zone in var.zones : aws_subnet.private[zone].id if var.nat != "none"]

  depends_on = [aws_route.nat, aws_route_table_association.private]
}
