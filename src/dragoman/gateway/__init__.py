"""The HTTP service: what OpenAI clients are pointed at, carried to any provider and back.

One request on its way: `routes` finds its endpoint, `guarding` says whether it may be asked,
`admission` whether there is room, `completing` carries it by the client's own conversation, and
`service` puts that together and tells what became of it. Translation is done below.
"""
