from isolation import managed_fixture


@managed_fixture
def postgres_client():
    return "a client"


@managed_fixture(dependencies=["postgress_client"])
def repository():
    return "a repository"


def test_rename(repository):
    pass
