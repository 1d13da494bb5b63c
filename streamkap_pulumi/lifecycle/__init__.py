"""What check, diff, create, update, delete and read mean for any kind of object; knows no Pulumi."""
