"""SQLAlchemy streams by something that is annotated as the generator that it is made of; its sessions are active."""

_CONNECTION = "sqlalchemy.ext.asyncio.engine.AsyncConnection"
_CONTEXT = "sqlalchemy.ext.asyncio.base.GeneratorStartableContext"
_RESULTS = "sqlalchemy.ext.asyncio.result"

ROWS = {
    f"{_CONNECTION}.stream": f"{_CONTEXT}[{_RESULTS}.AsyncResult]",
    f"{_CONNECTION}.stream_scalars": f"{_CONTEXT}[{_RESULTS}.AsyncScalarResult]",
    "sqlalchemy.ext.asyncio.session.AsyncSession.is_active": "typing.Literal[True]",
}
