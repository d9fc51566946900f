"""What the cells of a study come to: estimates with intervals, sensitivities, the summary."""
