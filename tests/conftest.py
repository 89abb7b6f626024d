"""What holds for every test: the plugins, and how Hypothesis looks for examples.

No deadlines: machines differ and CI is busy; a test that fails because it was slow says nothing
about the code. In CI the examples are the same each time, so that a red run is about the change;
a failure prints what repeats it.
"""

import os

import hypothesis

pytest_plugins = ["pytester", "tests.plugins.skips"]

hypothesis.settings.register_profile("patient", deadline=None, print_blob=True)
hypothesis.settings.register_profile(
    "the same each time", hypothesis.settings.get_profile("patient"), derandomize=True
)
hypothesis.settings.load_profile("the same each time" if os.environ.get("CI") else "patient")
