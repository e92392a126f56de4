"""Sessions of the running dashboard without a browser: what a browser sends and gets, over its WebSocket.

A browser costs more processor time than the server that it talks to, so twelve of them on two cores would measure
themselves. These sessions do what Streamlit's page does: one WebSocket each, every click a rerun, fragments rerun on time.
"""

import time
from collections.abc import Callable
from dataclasses import dataclass, field

from streamlit.proto.BackMsg_pb2 import BackMsg
from streamlit.proto.ForwardMsg_pb2 import ForwardMsg
from streamlit.proto.WidgetStates_pb2 import WidgetState
from websockets.sync.client import ClientConnection, connect

DEADLINE_S = 600


@dataclass
class DashboardSession:
    """One session.

    Attributes
    ----------
    received : list of bytes
        Every message, as it came.
    widgets : dict of str to str
        The ids of buttons and text areas, by key.
    fragments : dict of str to (interval [s], next time [s])
    """

    socket: ClientConnection
    received: list[bytes] = field(default_factory=list)
    widgets: dict[str, str] = field(default_factory=dict)
    fragments: dict[str, tuple[float, float]] = field(default_factory=dict)
    page_hash: str = ""
    n_runs: int = 0

    def send(self, states: tuple[WidgetState, ...] = (), *, page: str = "", fragment: str = "") -> None:
        """Rerun the page, another page, or a fragment, with changed widgets."""
        message = BackMsg()
        client = message.rerun_script
        client.page_script_hash = "" if page else self.page_hash
        client.page_name, client.fragment_id, client.is_auto_rerun = page, fragment, bool(fragment)
        client.widget_states.widgets.extend(states)
        self.socket.send(message.SerializeToString())

    def go_to(self, page: str) -> None:
        """Open a page, and wait until it has been drawn."""
        self.widgets.clear()
        left = self.page_hash
        self.send(page=page)
        self.listen(lambda: self.page_hash != left)
        n_runs = self.n_runs
        self.listen(lambda: self.n_runs > n_runs)

    def type_text(self, key: str, text: str) -> None:
        """Type into a text area, and leave it."""
        n_runs = self.n_runs
        self.send((WidgetState(id=self.widgets[key], string_value=text),))
        self.listen(lambda: self.n_runs > n_runs)

    def click(self, key: str) -> None:
        """Press a button."""
        self.send((WidgetState(id=self.widgets[key], trigger_value=True),))

    def wait_for(self, text: str, *, after: int = 0) -> None:
        """Return once a message after the first so many holds a text."""
        seen = after

        def has_come() -> bool:
            nonlocal seen
            fresh, seen = self.received[seen:], len(self.received)
            return any(text.encode() in message for message in fresh)

        self.listen(has_come)

    def listen(self, is_enough: Callable[[], bool]) -> None:
        """Take messages, and rerun the fragments that are due, until it is enough.

        Raises
        ------
        TimeoutError
            After DEADLINE_S.
        """
        end = time.monotonic() + DEADLINE_S
        while not is_enough():
            if time.monotonic() > end:
                raise TimeoutError(f"nothing came within {DEADLINE_S} s")
            for fragment, (interval, due) in list(self.fragments.items()):
                if time.monotonic() >= due:
                    self.fragments[fragment] = (interval, time.monotonic() + interval)
                    self.send(fragment=fragment)
            try:
                self.take(self.socket.recv(timeout=0.1))
            except TimeoutError:
                continue

    def take(self, data: bytes) -> None:
        """Note what a message brings."""
        self.received.append(data)
        message = ForwardMsg.FromString(data)
        kind = message.WhichOneof("type")
        if kind == "new_session" and not message.metadata.run.fragment_ids:
            self.fragments.clear()
        elif kind == "navigation":
            self.page_hash = message.navigation.page_script_hash
        elif kind == "auto_rerun":
            interval = message.auto_rerun.interval
            self.fragments[message.auto_rerun.fragment_id] = (interval, time.monotonic() + interval)
        elif kind == "script_finished":
            self.n_runs += message.script_finished == ForwardMsg.FINISHED_SUCCESSFULLY
        elif kind == "delta" and message.delta.WhichOneof("type") == "new_element":
            element = message.delta.new_element
            name = element.WhichOneof("type")
            if name == "exception":
                raise AssertionError(f"the page shows an error: {element.exception.message}")
            if name in ("button", "text_area"):
                found = getattr(element, name).id
                self.widgets[found.rpartition("-")[2]] = found


def predict_scan_and_rank(address: str, smiles: str, name: str) -> list[bytes]:
    """Predict a molecule, scan the home library and rank it against the molecule; return all that came."""
    stream = f"{address.replace('http', 'ws')}/_stcore/stream"
    with connect(stream, subprotocols=["streamlit"], max_size=None) as socket:
        session = DashboardSession(socket)
        session.send()
        session.listen(lambda: session.n_runs > 0)
        session.type_text("input_text", f"{smiles} {name}")
        session.click("predict_type")
        session.wait_for(name)
        session.go_to("scan")
        before = len(session.received)
        session.click("scan_run")
        session.wait_for(" molecules a second", after=before)
        before = len(session.received)
        session.go_to("rank")
        session.wait_for("best 50 of", after=before)
        return session.received
