"""What differs from answer to answer, and so is no part of them: the time, and ids."""

import time
import uuid

from dragoman.streaming.made import Made


def made_now() -> Made:
    """The time of the call, and an id for its answer."""
    return Made(created=int(time.time()), id=f"chatcmpl-sim-{uuid.uuid4().hex}")


def request_id() -> str:
    """What a provider tells in `x-request-id`."""
    return f"req_sim_{uuid.uuid4().hex}"
