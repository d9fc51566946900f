"""Reports of many days: batches and studies."""
