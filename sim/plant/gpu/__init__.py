"""A model on its GPUs: step time, memory, power."""
