"""The catalogue: one YAML file a scenario, in teaching order, and their JSON Schema."""
