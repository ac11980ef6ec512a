"""Programs of people outside the platform: they hold its counterparts' keys and talk HTTP only."""
