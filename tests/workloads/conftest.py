"""An instance to ask."""

from __future__ import annotations

import pytest

from simulator import Lab
from tests.conftest import Town
from tests.sts.documents import permit, trusting
from tests.workloads.machines import EC2, LIST, launch, make_profile


@pytest.fixture
def machine(lab: Lab, town: Town) -> str:
    """An instance with the role App, IMDSv1 allowed; returns its id."""
    town.role("App", trusting(EC2), permit(LIST))
    make_profile(lab.admin, "App")
    return launch(lab.admin)
