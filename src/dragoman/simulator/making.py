"""What differs from answer to answer, and so is no part of them: the time, and ids."""

import time
import uuid
from collections.abc import Mapping

from dragoman.streaming.made import Made


def made_now() -> Made:
    """The time of the call, and an id for its answer."""
    return Made(created=int(time.time()), id=f"chatcmpl-sim-{uuid.uuid4().hex}")


def with_id(headers: Mapping[str, str], name: str) -> dict[str, str]:
    """The headers of an answer, with the id of the request in the one of this name."""
    return {**headers, name: f"req_sim_{uuid.uuid4().hex}"}
