"""Running the cells of a study, on this machine or a cluster, and keeping what is finished."""
