"""What a batch or study asks: its file, its inputs, its outcomes, its cells."""
