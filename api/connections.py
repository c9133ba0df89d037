"""Connections that say nothing, or only a little at a time: closed, so that they cannot pile up."""

from __future__ import annotations

import asyncio

from uvicorn.protocols.http.auto import AutoHTTPProtocol

HEAD_BYTES = 64 * 1024
"""Longest head of a request."""


class Connection(AutoHTTPProtocol):  # type: ignore[misc, valid-type]  # a variable of uvicorn's, one of two classes
    """uvicorn's connection with an end to its patience.

    It is closed where the head of a request is too long, or has not come in time: counted from the opening, and after
    that from a request's first byte (between two requests the keep-alive timeout holds). The body is the guard's to
    bound.
    """

    def __init__(self, *given: object, within: float, **named: object) -> None:
        """`within`: seconds for the head of a request."""
        super().__init__(*given, **named)
        self._within = within
        self._read = 0
        self._late: asyncio.TimerHandle | None = None
        self._upgraded = False

    def connection_made(self, transport: asyncio.Transport) -> None:
        """It is open: a request is expected."""
        super().connection_made(transport)
        self._late = self.loop.call_later(self._within, transport.close)

    def connection_lost(self, exc: Exception | None) -> None:
        """It is closed."""
        self._wait_no_more()
        super().connection_lost(exc)

    def data_received(self, data: bytes) -> None:
        """Something has come: a whole head, with or without more, or a part of one."""
        self._read += len(data)
        super().data_received(data)
        if self._upgraded or self._answering:
            self._read = 0
            self._wait_no_more()
        elif self._read > HEAD_BYTES:
            self.transport.close()
        elif self._late is None:
            self._late = self.loop.call_later(self._within, self.transport.close)

    def handle_websocket_upgrade(self, *given: object) -> None:
        """The chat page's web socket takes over."""
        self._upgraded = True
        super().handle_websocket_upgrade(*given)

    @property
    def _answering(self) -> bool:
        return self.cycle is not None and not self.cycle.response_complete

    def _wait_no_more(self) -> None:
        if self._late is not None:
            self._late.cancel()
            self._late = None
