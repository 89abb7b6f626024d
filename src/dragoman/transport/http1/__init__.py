"""HTTP/1.1 without sockets and clocks: bytes in, events out, and the other way round.

`client` is the side that asks, `server` the side that answers; `events` is what they tell. Below
them: `heads` reads a head, `guards` says what a request must be, `bodies` finds the end of a body,
`decoding` undoes a compression, `writing` writes heads. Time, sockets and pools belong to whoever
drives a connection.

`httptools` reads heads and chunks. It tells no positions, and lets much through that others read
differently; where a message ends and what is refused is therefore decided here. No parser outlives
its message, so that nothing of one message can become part of the next.

Reference: RFC 9110, RFC 9112
"""
