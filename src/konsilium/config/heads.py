"""An end to what uvicorn takes for the head of a request: its parser keeps whatever comes until the line ends."""

from abc import abstractmethod

from uvicorn.protocols.http.httptools_impl import HttpToolsProtocol

#: Far more than any browser sends: beyond it whoever sends it only wants our memory.
MAX_HEAD = 65_536


class BoundedHeads(HttpToolsProtocol):
    #: Bytes since there was last a whole request or a piece of its body: of a head, or of what may follow a body.
    head_size = 0

    def data_received(self, data: bytes) -> None:
        self.head_size += len(data)
        super().data_received(data)
        if self.head_size > MAX_HEAD:
            self.refuse_head()

    def on_body(self, body: bytes) -> None:
        self.head_size = 0
        super().on_body(body)

    def on_message_complete(self) -> None:
        self.head_size = 0
        super().on_message_complete()

    @property
    def has_long_head(self) -> bool:
        """What came with the last bytes may be more than the head that is whole now; only its own count."""
        return self.head_size > MAX_HEAD and (
            len(self.url) + sum(len(name) + len(value) for name, value in self.headers) > MAX_HEAD
        )

    @abstractmethod
    def refuse_head(self) -> None:
        """Nothing more of this connection is wanted."""
