"""Settings of hypothesis for the tests of this folder."""

from hypothesis import settings

# A loaded machine is not a defect: no example is held to a time.
settings.register_profile("p2p-chat", deadline=None)
settings.load_profile("p2p-chat")
