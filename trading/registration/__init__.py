"""Registration: parties, the catalogue, projects and their intake."""
