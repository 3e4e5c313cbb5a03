"""Services: their fixtures, what they are bound to, and what the run says of those that are bound to nothing."""

import pytest

from tests.plugin.said import REPORT, SETTINGS, records
from tests.plugin.test_options import refusal

SHOP = """
    class Connection:
        async def fetch(self, query: str) -> list: ...

    class Pool(Connection):
        async def fetchval(self, query: str, *, column: int = 0) -> int: ...
"""
BOUND = f"{SETTINGS}isolation_services = postgres = shop:Pool\n"


def openness(result: pytest.RunResult) -> list[str]:
    """Return what the run says of open mocks."""
    return [line for line in result.outlines if "open mock" in line]


def test_a_bound_service_has_the_signatures_of_its_class(pytester: pytest.Pytester) -> None:
    """Names and arguments are checked, and results that nobody has set are those of an empty service."""
    pytester.makeini(BOUND)
    pytester.makepyfile(
        shop=SHOP,
        test_it="""
        import pytest
        from shop import Pool

        async def test_it(isolated_postgres_mock):
            assert isinstance(isolated_postgres_mock, Pool)
            assert await isolated_postgres_mock.fetch("select 1") == []
            with pytest.raises(TypeError, match="missing 1 required positional argument: 'query'"):
                await isolated_postgres_mock.fetchval()
            with pytest.raises(AttributeError, match="fetchh"):
                isolated_postgres_mock.fetchh
        """,
    )

    result = pytester.runpytest_inprocess()

    result.assert_outcomes(passed=1)
    assert openness(result) == []


def test_an_unbound_service_takes_everything(pytester: pytest.Pytester) -> None:
    """Nobody has said what it is, so every name and every argument is right; the run says how many there were."""
    pytester.makepyfile(
        test_it="""
        async def test_one(isolated_kafka_mock):
            await isolated_kafka_mock.connect()
            await isolated_kafka_mock.send_event("t", {"a": 1})
            isolated_kafka_mock.send_event.assert_awaited_once_with("t", {"a": 1})

        async def test_two(isolated_kafka_mock, isolated_redis_mock):
            assert not isolated_kafka_mock.send_event.called
        """,
    )

    result = pytester.runpytest_inprocess(REPORT)

    result.assert_outcomes(passed=2)
    assert openness(result) == ["isolation: 3 open mocks, which check neither names nor arguments: kafka 2, redis 1"]
    assert records(pytester.path)[-1]["open_mocks"] == {"kafka": 2, "redis": 1}


def test_a_misspelt_service_is_named(pytester: pytest.Pytester) -> None:
    """Any name may be a service, so a wrong one is right; but nobody gets what it is bound to."""
    pytester.makeini(BOUND.replace("postgres", "postgers"))
    pytester.makepyfile(shop=SHOP, test_it="def test_it(isolated_postgres_mock, isolated_kafka_mock): pass")

    result = pytester.runpytest_inprocess()

    said = "service 'postgres' is bound to no class, but 'postgers' is in isolation_services: is that the same?"
    assert f"isolation: {said}" in result.outlines


SERVICES = ("kafka", "postgres", "redis", "websocket", "http", "workflow_coordinator")


def test_each_service_has_a_fixture(pytester: pytest.Pytester) -> None:
    """It is there without any setting, and `ServiceType` names its service."""
    fixtures = [f"isolated_{service}_mock" for service in SERVICES]
    pytester.makepyfile(
        f"""
        from isolation import ServiceType

        async def test_it(mock_context, {", ".join(fixtures)}):
            assert list(ServiceType) == {list(SERVICES)}
            for service, mock in zip(ServiceType, [{", ".join(fixtures)}], strict=True):
                assert mock is mock_context.service(service)
                await mock.anything()
        """
    )

    result = pytester.runpytest_inprocess()

    result.assert_outcomes(passed=1)
    names = ", ".join(f"{service} 1" for service in sorted(SERVICES))
    assert openness(result) == [f"isolation: 6 open mocks, which check neither names nor arguments: {names}"]


def test_a_mock_by_hand_belongs_to_the_test(pytester: pytest.Pytester) -> None:
    """The fixture `isolated_mock` takes a class, or none for an open mock; two of one class share nothing."""
    pytester.makepyfile(
        shop=SHOP,
        test_it="""
        from shop import Pool

        async def test_it(isolated_mock, mock_context):
            one, other = isolated_mock(Pool), isolated_mock(Pool, name="other")
            await one.fetch("a")
            assert not other.fetch.called
            assert await isolated_mock(name="clock").now() is not None
            assert [ledger.label for ledger in mock_context.ledgers] == ["Pool", "other", "clock"]
        """,
    )

    result = pytester.runpytest_inprocess()

    result.assert_outcomes(passed=1)
    assert openness(result) == ["isolation: 1 open mock, which checks neither names nor arguments: clock 1"]


CONFTEST = """
    from isolation import service_mock_fixture
    from shop import Connection, Pool

    isolated_billing_mock = service_mock_fixture(Connection)
    isolated_ledger_mock = service_mock_fixture("shop:Pool", service="books")
    isolated_kafka_mock = service_mock_fixture(Pool)
"""


def test_a_project_makes_fixtures_of_its_own(pytester: pytest.Pytester) -> None:
    """`service_mock_fixture` takes a class or its path; the name of the fixture gives that of the service."""
    pytester.makeconftest(CONFTEST)
    pytester.makepyfile(
        shop=SHOP,
        test_it="""
        async def test_it(isolated_billing_mock, isolated_ledger_mock, isolated_kafka_mock, mock_context):
            assert await isolated_billing_mock.fetch("a") == []
            assert await isolated_ledger_mock.fetchval("a") == 0
            assert await isolated_kafka_mock.fetchval("a") == 0
            assert mock_context.service("billing") is isolated_billing_mock
            assert [ledger.label for ledger in mock_context.ledgers] == ["billing", "books", "kafka"]
        """,
    )

    result = pytester.runpytest_inprocess()

    result.assert_outcomes(passed=1)
    assert openness(result) == []


@pytest.mark.parametrize("given", ["'shop.Pool'", "'shop:'", "Pool()", "None"])
def test_what_is_no_class_is_refused_where_it_is_written(pytester: pytest.Pytester, given: str) -> None:
    """A fixture for no class is an error of the conftest, not of the first test that asks for it."""
    pytester.makeconftest(
        f"from isolation import service_mock_fixture\nfrom shop import Pool\nservice_mock_fixture({given})"
    )
    pytester.makepyfile(shop=SHOP, test_it="def test_it(): pass")

    result = pytester.runpytest_inprocess()

    assert result.ret == pytest.ExitCode.USAGE_ERROR
    assert "give service_mock_fixture a class or 'package.module:attribute'" in "\n".join(result.errlines)


@pytest.mark.parametrize(
    ("line", "message"),
    [
        (
            "postgres shop:Pool",
            (
                "cannot read 'postgres shop:Pool' in isolation_services of tox.ini; "
                "write 'name = package.module:attribute', for example 'postgres = asyncpg:Pool'"
            ),
        ),
        (
            "postgres = shop:Pool  # ours",
            (
                "cannot read 'postgres = shop:Pool  # ours' in isolation_services of tox.ini; write "
                "'name = package.module:attribute', for example 'postgres = asyncpg:Pool'; "
                "a comment stands on a line of its own"
            ),
        ),
        (
            "postgres = shop.Pool",
            (
                "cannot read 'postgres = shop.Pool' in isolation_services of tox.ini; "
                "write 'name = package.module:attribute', for example 'postgres = asyncpg:Pool'"
            ),
        ),
        (
            "postgres = shop:Pool\n  postgres = shop:Connection",
            "service 'postgres' is given twice in isolation_services of tox.ini",
        ),
        (
            "isolated_postgres_mock = shop:Pool",
            "'isolated_postgres_mock' in isolation_services of tox.ini is a fixture; name its service, 'postgres'",
        ),
        (
            "postgres = shop:Pol",
            (
                "unknown attribute of shop 'Pol' in 'shop:Pol' of service 'postgres' in isolation_services of tox.ini; "
                "did you mean 'Pool'?"
            ),
        ),
        (
            "postgres = shopp:Pool",
            (
                "unknown module 'shopp' in 'shopp:Pool' of service 'postgres' in isolation_services of tox.ini; "
                "did you mean 'shop'?"
            ),
        ),
        (
            "websocket = xml.etree.ElementTre:XMLParser",
            (
                "unknown module of xml.etree 'ElementTre' in 'xml.etree.ElementTre:XMLParser' of service 'websocket' "
                "in isolation_services of tox.ini; did you mean 'ElementTree'?"
            ),
        ),
        (
            "redis = nosuchdriver9:Redis",
            (
                "unknown module 'nosuchdriver9' in 'nosuchdriver9:Redis' of service 'redis' in isolation_services of "
                "tox.ini; is it installed?"
            ),
        ),
    ],
)
def test_a_wrong_binding_is_refused(pytester: pytest.Pytester, line: str, message: str) -> None:
    """Before any test runs the message has the path, the service, where it was set, and the nearest name."""
    pytester.makeini(f"{SETTINGS}isolation_services =\n  {line}\n")
    pytester.makepyfile(shop=SHOP, test_it="def test_it(): pass")
    pytester.syspathinsert()

    result = pytester.runpytest_inprocess()

    assert refusal(result) == f"ERROR: {message}"


def test_a_wrong_binding_is_refused_in_every_mode(pytester: pytest.Pytester) -> None:
    """The mode is about what tests leave."""
    pytester.makeini(f"{SETTINGS}isolation_services = postgres = json:JSONDecodr\n")
    pytester.makepyfile("def test_it(): pass")

    result = pytester.runpytest_inprocess("--isolation-mode=off")

    assert refusal(result).endswith("; did you mean 'JSONDecoder'?")


def test_a_binding_is_imported_at_its_first_use(pytester: pytest.Pytester) -> None:
    """To look whether it is there, nothing is imported: neither its module nor the packages above."""
    pytester.makeini(f"{SETTINGS}isolation_services = postgres = store.drivers.pools:Pool\n")
    pytester.mkpydir("store")
    pytester.path.joinpath("store", "__init__.py").write_text("print('store is imported')\n")
    pytester.path.joinpath("store", "drivers").mkdir()
    pytester.path.joinpath("store", "drivers", "pools.py").write_text("class Pool:\n    async def fetch(self): ...\n")
    pytester.makepyfile(
        test_it="""
        import sys

        def test_without():
            assert "store" not in sys.modules

        async def test_with(isolated_postgres_mock):
            await isolated_postgres_mock.fetch()
            assert "store.drivers.pools" in sys.modules
        """
    )
    pytester.syspathinsert()

    result = pytester.runpytest_inprocess("--isolation-probes=tasks")

    result.assert_outcomes(passed=2)


@pytest.mark.parametrize(
    ("source", "path", "message"),
    [
        ("raise ImportError('no C library')", "shop:Pool", "cannot import 'shop', which service 'postgres' in "),
        (
            "pool = 3",
            "shop:pool",
            "'shop:pool' of service 'postgres' in isolation_services of tox.ini is no class, but 3",
        ),
        (
            "class A:\n    class Pool: ...",
            "shop:A.Pol",
            (
                "unknown attribute of A 'Pol' in 'shop:A.Pol' of service 'postgres' in isolation_services of tox.ini; "
                "did you mean 'Pool'?"
            ),
        ),
    ],
)
def test_what_only_the_import_can_tell_is_told_at_the_first_use(
    pytester: pytest.Pytester, source: str, path: str, message: str
) -> None:
    """The set-up of the first test that asks for the service says what is wrong, with the setting."""
    pytester.makeini(f"{SETTINGS}isolation_services = postgres = {path}\n")
    pytester.makepyfile(
        shop=f"{source}\nif False:\n    Pool = None\n",
        test_it="def test_it(isolated_postgres_mock): pass",
    )
    pytester.syspathinsert()

    result = pytester.runpytest_inprocess()

    result.assert_outcomes(errors=1)
    assert f"SettingsError: {message}" in result.stdout.str()


def test_an_instance_is_told_from_its_class(pytester: pytest.Pytester) -> None:
    """The mistake that is easily made has advice, and no frame of ours stands above it."""
    pytester.makeini(f"{SETTINGS}isolation_services = postgres = shop:pool\n")
    pytester.makepyfile(shop=f"{SHOP}\n    pool = Pool()\n", test_it="def test_it(isolated_postgres_mock): pass")
    pytester.syspathinsert()

    result = pytester.runpytest_inprocess()

    assert "; bind its class, Pool" in result.stdout.str()
    assert "isolation/mocks" not in result.stdout.str()
