"""What `make` calls: standard library only, because it runs before anything is installed."""
