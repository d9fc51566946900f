"""What a day leaves behind."""
