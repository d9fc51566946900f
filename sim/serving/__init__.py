"""Serving: a pool of replicas with its router, in two engines that give the same answers."""
