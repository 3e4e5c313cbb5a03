"""What all tests share: `pytester`, to run tests inside of tests."""

pytest_plugins = ["pytester"]
