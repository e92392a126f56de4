import pandas as pd
import pytest
from reference_scan import N, banded_scan


@pytest.fixture(scope="session")
def scan() -> pd.DataFrame:
    """Reference rows with a band, the first N of them; tests must not change it."""
    return banded_scan(N)
