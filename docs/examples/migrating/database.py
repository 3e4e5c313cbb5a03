class Connection:
    def migrate(self):
        print("migrate")

    def drop(self):
        raise ConnectionError("the server has gone")

    def close(self):
        print("close")
