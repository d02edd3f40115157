"""Property tests look for wrong answers, not for slow ones: the machine may be busy."""

from hypothesis import settings

settings.register_profile("busy", deadline=None)
settings.load_profile("busy")
