"""What all tests share: one profile of Hypothesis, the same on a slow machine as on a fast one."""

from hypothesis import settings

settings.register_profile("steady", deadline=None)
settings.load_profile("steady")
