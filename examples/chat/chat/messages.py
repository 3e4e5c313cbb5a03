"""What people say to each other, and how it travels."""

import json
from dataclasses import asdict, dataclass


@dataclass(frozen=True, slots=True, kw_only=True)
class Message:
    """One line in a room.

    Attributes:
        room: Where it was said.
        user: Who said it.
        text: What was said.
    """

    room: str
    user: str
    text: str


@dataclass(frozen=True, slots=True, kw_only=True)
class Frame:
    """What client and server exchange: a kind and, for most kinds, where, who and what.

    Attributes:
        type: ``"join"``, ``"joined"``, ``"say"``, ``"message"``, ``"ping"`` or ``"pong"``.
        room: The room that it is about.
        user: Whom it is about.
        text: The text of a message.
    """

    type: str
    room: str = ""
    user: str = ""
    text: str = ""

    def encode(self) -> str:
        """Return the frame as it is sent."""
        return json.dumps(asdict(self))

    @classmethod
    def decode(cls, data: str | bytes) -> "Frame":
        """Return the frame that was sent as *data*."""
        return cls(**json.loads(data))
