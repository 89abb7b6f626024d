"""What holds for every test: the plugins, and no deadlines for Hypothesis.

Machines differ and CI is busy; a test that fails because it was slow says nothing about the code.
"""

import hypothesis

pytest_plugins = ["pytester", "tests.plugins.skips"]

hypothesis.settings.register_profile("patient", deadline=None)
hypothesis.settings.load_profile("patient")
