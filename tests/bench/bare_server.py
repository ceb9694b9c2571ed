"""The least that aiohttp can do with a POST: read the body, answer 202. A process of its own, as a node is.

python -m tests.bench.bare_server PORT
"""

import sys

from aiohttp import web


async def post_inbox(request: web.Request) -> web.Response:
    """202 once the body is read."""
    await request.read()
    return web.Response(status=202)


async def get_anything(_request: web.Request) -> web.Response:
    """200, for whoever waits until the server is there."""
    return web.Response()


def main() -> None:
    """Serve until TERM."""
    app = web.Application()
    app.router.add_post("/inbox", post_inbox)
    app.router.add_get("/{path:.*}", get_anything)
    web.run_app(app, host="127.0.0.1", port=int(sys.argv[1]), access_log=None, print=None)


if __name__ == "__main__":
    main()
