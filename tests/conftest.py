"""What every test may ask for, and how much of a campaign is run."""

import importlib
import os
import pkgutil
from pathlib import Path

import pytest
from hypothesis import HealthCheck, Phase, settings

import milepost
from tests.chaos.tally import FIGURE

# A slow machine is no fault of the code under test, so nothing here is held to a time.
settings.register_profile(
    "quick",
    max_examples=50,
    stateful_step_count=30,
    deadline=None,
    suppress_health_check=[HealthCheck.too_slow],
    phases=[phase for phase in Phase if phase is not Phase.explain],
    print_blob=True,
)
settings.register_profile(
    "campaign", settings.get_profile("quick"), max_examples=1_000, stateful_step_count=50
)
settings.register_profile(
    "hunt", settings.get_profile("quick"), max_examples=200, phases=[Phase.generate]
)
"""For planted bugs: more cases, none of them made smaller."""
settings.load_profile("quick")

ROOT = Path(__file__).resolve().parent.parent


def pytest_addoption(parser: pytest.Parser) -> None:
    group = parser.getgroup("milepost")
    group.addoption("--campaign", action="store_true", help="run chaos tests and examples in full")
    group.addoption("--seed", type=int, default=20261121, help="where chaos tests get their luck")


def pytest_configure(config: pytest.Config) -> None:
    _import_all()
    if config.getoption("--campaign"):
        settings.load_profile("campaign")


def _import_all() -> None:
    """Import all of Milepost, for a seed to draw the same cases in whichever process a test runs.

    Hypothesis tries constants that it finds in the project's modules: in those imported so far.
    """
    for module in pkgutil.walk_packages(milepost.__path__, "milepost."):
        if not module.name.endswith("__main__"):
            importlib.import_module(module.name)


def pytest_report_header(config: pytest.Config) -> str:
    amount = "campaign" if config.getoption("--campaign") else "quick"
    return f"milepost: {amount}, seed {config.getoption('--seed')}, {os.cpu_count()} processors"


def pytest_terminal_summary(terminalreporter: pytest.TerminalReporter) -> None:
    """Print the table of what the chaos tests tried, also when several processes ran them."""
    reports = [*terminalreporter.getreports("passed"), *terminalreporter.getreports("failed")]
    lines = [
        value
        for report in reports
        if report.when == "call"
        for name, value in report.user_properties
        if name == FIGURE
    ]
    if lines:
        terminalreporter.section("chaos")
        terminalreporter.line("| fault | N | seconds | violations |")
        terminalreporter.line("|---|---|---|---|")
        for line in lines:
            terminalreporter.line(str(line))


@pytest.fixture(scope="session")
def repository() -> Path:
    """Return the folder that holds pyproject.toml."""
    return ROOT


@pytest.fixture(scope="session")
def campaign(request: pytest.FixtureRequest) -> bool:
    """Say whether to try everything (`make chaos`) or a seeded share of it (`make test`)."""
    return bool(request.config.getoption("--campaign"))


@pytest.fixture(scope="session")
def seed(request: pytest.FixtureRequest) -> int:
    """Return the number from which a chaos test draws, so that a failing run can be repeated."""
    return int(request.config.getoption("--seed"))


@pytest.fixture
def anyio_backend() -> str:
    """Run async tests under asyncio; a test for both parametrises `anyio_backend` itself."""
    return "asyncio"
