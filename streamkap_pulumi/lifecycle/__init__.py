"""What create, diff, update, delete and read mean for a source. Knows no Pulumi."""
