import globally
import kept


def pytest_unconfigure() -> None:
    globally.client.close()
    kept.release()
