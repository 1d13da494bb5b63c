"""A connector's configuration: what the catalogue knows, canonical values, spellings, validation."""
