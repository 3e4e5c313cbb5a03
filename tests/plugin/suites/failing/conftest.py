import kept


def pytest_unconfigure() -> None:
    kept.release()
