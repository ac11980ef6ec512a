"""What checks each kind of artefact, and names what is wrong with it."""
