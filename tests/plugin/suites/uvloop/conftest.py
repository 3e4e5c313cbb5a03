import kept
import pytest
import uvloop


def pytest_addoption(parser):
    parser.addoption("--by-policy", action="store_true", help="get loops from a policy instead of from a factory")


class Factories:
    def pytest_asyncio_loop_factories(self):
        return {"uvloop": uvloop.new_event_loop}


class Policies:
    @staticmethod
    @pytest.fixture(scope="session")
    def event_loop_policy():
        return uvloop.EventLoopPolicy()


def pytest_configure(config):
    # pytest-asyncio knows factories since 1.4.
    has_factories = hasattr(config.hook, "pytest_asyncio_loop_factories")
    chosen = Factories if has_factories and not config.getoption("--by-policy") else Policies
    config.pluginmanager.register(chosen())


def pytest_unconfigure() -> None:
    kept.conclude()
