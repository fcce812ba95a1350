"""Hypothesis without deadlines: a busy machine is not a fault of the evaluator."""

from hypothesis import settings

settings.register_profile("lab", deadline=None)
settings.load_profile("lab")
