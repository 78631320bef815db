"""What the integration tests stand on: engines, the manager, the docker command, raw bytes."""
