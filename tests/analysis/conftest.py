"""Property tests here take as long as a busy machine lets them: no deadline for a single example."""

from hypothesis import settings

settings.register_profile("analysis", deadline=None)
settings.load_profile("analysis")
