"""What leaves the gateway: age v1 files, release policies and manifests, signatures, wrapped keys."""
