"""The data center: cooling, the air around servers, power delivery."""
