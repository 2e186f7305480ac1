"""Taxi trips that nobody made, with the columns of Microsoft's PREDICT tutorial and about New York's figures."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

import numpy as np

Trips = Mapping[str, np.ndarray[Any, np.dtype[Any]]]
"""Column name to values; `trip_id` counts from 1."""

TABLE = "dbo.nyc_taxi"
TABLE_FILE = "nyc_taxi.sql"
TABLE_COLUMNS: Mapping[str, str] = {
    "trip_id": "bigint",
    "fareAmount": "real",
    "tripDistance": "real",
    "tripTimeSecs": "bigint",
    "passengerCount": "bigint",
    "paymentType": "bigint",
    "pickupTimeBin": "varchar(20)",
    "tipped": "bigint",
}
"""The table's columns, none of which takes a NULL, and their T-SQL types."""

_PERIODS = np.array(["AM Rush", "Afternoon", "PM Rush", "Night"], dtype=object)
_SECONDS_A_MILE = np.array([340, 300, 360, 200])
"""By period: the streets are slow in the rush hours."""


def make_trips(rows: int, seed: int = 2013) -> Trips:
    """The same trips for the same arguments.

    Amounts and distances are 32-bit floats, as `real` holds them and as the models take them: what is trained on, what
    the database stores and what it scores are the same numbers.
    """
    random = np.random.default_rng(seed)
    period = random.choice(len(_PERIODS), rows, p=[0.2, 0.3, 0.25, 0.25])
    miles = np.round(random.gamma(1.6, 1.7, rows) + 0.3, 2)
    seconds = np.round(
        miles * _SECONDS_A_MILE[period] * random.lognormal(0, 0.25, rows) + random.integers(30, 240, rows)
    )
    passengers = random.choice(np.arange(1, 7), rows, p=[0.7, 0.14, 0.05, 0.03, 0.05, 0.03])
    payment = random.choice([1, 2, 3], rows, p=[0.6, 0.38, 0.02])  # card, cash, no charge
    # The meter: 2.50 at the start, 0.50 a fifth of a mile or a minute of standing, a surcharge in the evening rush.
    fare = np.round((2.5 + 2.5 * miles + seconds / 120 + (period == 2) + random.normal(0, 0.6, rows)) * 2) / 2
    inclination = 2.2 * (payment == 1) - 3.4 * (payment == 2) - 0.3 + 0.04 * fare - 0.2 * (passengers > 2)
    tipped = random.random(rows) < 1 / (1 + np.exp(-inclination))
    return {
        "trip_id": np.arange(1, rows + 1),
        "fareAmount": np.maximum(fare, 2.5).astype(np.float32),
        "tripDistance": miles.astype(np.float32),
        "tripTimeSecs": seconds.astype(np.int64),
        "passengerCount": passengers.astype(np.int64),
        "paymentType": payment.astype(np.int64),
        "pickupTimeBin": _PERIODS[period],
        "tipped": tipped.astype(np.int64),
    }
