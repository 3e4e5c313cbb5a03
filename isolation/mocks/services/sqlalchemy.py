"""SQLAlchemy imports the classes of its results for type checkers only."""

_SESSION = "sqlalchemy.ext.asyncio.session.AsyncSession"
_CONNECTION = "sqlalchemy.ext.asyncio.engine.AsyncConnection"

ROWS = {
    f"{_CONNECTION}.exec_driver_sql": "sqlalchemy.engine.cursor.CursorResult",
    f"{_CONNECTION}.execute": "sqlalchemy.engine.cursor.CursorResult",
    f"{_CONNECTION}.scalars": "sqlalchemy.engine.result.ScalarResult",
    f"{_CONNECTION}.stream": "typing.Awaitable[sqlalchemy.ext.asyncio.result.AsyncResult]",
    f"{_CONNECTION}.stream_scalars": "typing.Awaitable[sqlalchemy.ext.asyncio.result.AsyncScalarResult]",
    f"{_SESSION}.execute": "sqlalchemy.engine.result.Result",
    f"{_SESSION}.is_active": "typing.Literal[True]",
    f"{_SESSION}.scalars": "sqlalchemy.engine.result.ScalarResult",
}
