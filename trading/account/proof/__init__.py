"""What a person can show: a password, a code, a device, a key. No tables here."""
