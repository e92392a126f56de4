"""What tests ask of a page under `AppTest`: its session, and an end of its work."""

from streamlit.testing.v1 import AppTest

from dashboard.state import KEY, Session


def state_of(page: AppTest) -> Session:
    """Return the page's session; the page must stand without an exception."""
    assert not page.exception
    return page.session_state[KEY]


def settle(page: AppTest, name: str | None = None) -> AppTest:
    """Run the page until its job of this name is over, every job where none is named; return it."""
    for _ in range(100):
        jobs = state_of(page).jobs
        waiting = [job for own, job in jobs.items() if name in (None, own)]
        if not waiting:
            return page
        waiting[0].wait(60)
        page.run()
    raise AssertionError(f"{name or 'a job'} did not end")
