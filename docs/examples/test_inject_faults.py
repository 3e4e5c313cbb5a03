import anyio
import pytest

from isolation import control, outage


# app-begin
class Rates:
    """The application's client of a service that knows exchange rates."""

    async def fetch(self, currency: str) -> float:
        raise NotImplementedError("this would ask the service")


class Prices:
    """The code under test: asks at most three times, and remembers the last rate."""

    def __init__(self, rates: Rates, timeout: float = 1.0) -> None:
        self.rates = rates
        self.timeout = timeout
        self.known: dict[str, float] = {}

    async def in_currency(self, price: float, currency: str) -> float:
        for attempt in range(3):
            try:
                with anyio.fail_after(self.timeout):
                    self.known[currency] = await self.rates.fetch(currency)
                break
            except (ConnectionError, TimeoutError):
                if attempt == 2 and currency not in self.known:
                    raise
        return price * self.known[currency]
        # app-end


# mock-begin
@pytest.fixture
def rates(isolated_mock):
    rates = isolated_mock(Rates)
    control(rates.fetch).when("SEK").returns(10.0)
    control(rates.fetch).allow_unused()
    return rates
    # mock-end


# first-begin
async def test_a_request_that_fails_once_is_repeated(rates):
    control(rates.fetch).fault(ConnectionError("reset by peer"), times=1)

    assert await Prices(rates).in_currency(2, "SEK") == 20
    assert control(rates.fetch).await_count == 2
    # first-end


# every-begin
async def test_every_second_request_may_fail(rates):
    control(rates.fetch).fault(ConnectionError, every=2, after=1)
    prices = Prices(rates)

    assert [await prices.in_currency(price, "SEK") for price in (1, 2, 3)] == [10, 20, 30]
    # every-end


# chance-begin
async def test_many_requests_may_fail_by_chance(rates):
    fault = control(rates.fetch).fault(ConnectionError, probability=0.2, seed=4)
    prices = Prices(rates)

    assert [await prices.in_currency(1, "SEK") for _ in range(100)] == [10] * 100
    assert 10 < fault.hits < 40
    # chance-end


# slow-begin
async def test_a_slow_service_is_given_up(rates):
    fault = control(rates.fetch).fault(latency=60)

    with pytest.raises(TimeoutError):
        await Prices(rates, timeout=0.001).in_currency(2, "SEK")
    assert fault.hits == 3
    # slow-end


# hold-begin
async def test_a_request_in_flight_delays_nobody_else(rates):
    release, given = anyio.Event(), []
    control(rates.fetch).fault(until=release, times=1)
    prices = Prices(rates)

    async def ask(price):
        given.append(await prices.in_currency(price, "SEK"))

    async with anyio.create_task_group() as tasks:
        tasks.start_soon(ask, 1)
        await anyio.wait_all_tasks_blocked()  # the first is held now
        await ask(2)
        release.set()

    assert given == [20, 10]
    # hold-end


# outage-begin
async def test_the_last_rate_is_used_while_the_service_is_down(rates):
    prices = Prices(rates)
    await prices.in_currency(1, "SEK")

    with outage(rates, ConnectionError("down")):
        assert await prices.in_currency(3, "SEK") == 30


async def test_without_a_last_rate_the_failure_is_told(rates):
    outage(rates, ConnectionError("down"))

    with pytest.raises(ConnectionError, match="down"):
        await Prices(rates).in_currency(3, "SEK")
    # outage-end
