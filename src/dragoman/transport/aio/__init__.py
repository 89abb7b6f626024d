"""What the asyncio driver is made of: connections, how they are opened, where they wait.

`dragoman.transport.asynchronous` puts them together. Nothing here outlives its event loop.
"""
