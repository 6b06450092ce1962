"""A web shop as a newcomer has it: answers from Microsoft Forms in Dutch, orders from Shopify."""

from __future__ import annotations

import datetime as dt
from pathlib import Path

import numpy as np
from tests.tables.readers.vendor_files import FORMS_NL, SHOPIFY_ORDERS, csv_text, workbook

from verbond.method import ITEMS

SHOP = "Fietslicht"
N_CUSTOMERS, N_ANSWERED, N_MONTHS = 320, 140, 14
ORDERS_A_MONTH = (0.05, 0.25, 0.5, 0.9, 1.4, 2.0)
"""On average, by rung."""
CLIMBS, FALLS = 0.08, 0.05
CONSTRUCTS = ("satisfaction", "trust", "commitment", "congruence", "engagement")
ASKED = [f"{construct}_{k}" for construct in CONSTRUCTS for k in (1, 2, 3)]
FIRST = dt.date(2025, 1, 1)
FORMS, SHOPIFY = "Klantonderzoek(1-140).xlsx", "orders_export_1.csv"


def write_files(folder: Path) -> tuple[Path, Path]:
    """Both files: who buys more often, answers more warmly."""
    chance = np.random.default_rng(5)
    rung = chance.integers(0, 6, N_CUSTOMERS)
    orders, number = [], 1000
    for month in range(N_MONTHS):
        for customer in range(N_CUSTOMERS):
            for _ in range(chance.poisson(ORDERS_A_MONTH[rung[customer]])):
                number += 1
                at = FIRST + dt.timedelta(days=30 * month + int(chance.integers(0, 30)))
                orders.append(_order(number, customer, at, float(chance.gamma(4, 12))))
        moved = chance.random(N_CUSTOMERS)
        rung = np.clip(rung + (moved < CLIMBS).astype(int) - (moved > 1 - FALLS).astype(int), 0, 5)
    shopify = folder / SHOPIFY
    shopify.write_text(csv_text(SHOPIFY_ORDERS, orders), "utf-8")
    answers = [_answer(k, int(rung[k]), chance) for k in range(N_ANSWERED)]
    header = [*FORMS_NL, *(ITEMS[name].text.nl.format(company=SHOP) for name in ASKED)]
    return workbook(folder / FORMS, header, answers), shopify


def _address(customer: int) -> str:
    return f"klant{customer}@example.org"


def _order(number: int, customer: int, at: dt.date, total: float) -> dict[str, str]:
    moment = f"{at} 12:00:00 +0100"
    return {
        "Name": f"#{number}", "Email": _address(customer), "Financial Status": "paid", "Paid at": moment,
        "Currency": "EUR", "Total": f"{total:.2f}", "Created at": moment, "Lineitem quantity": "1",
        "Lineitem name": "Koplamp", "Billing Country": "NL", "Refunded Amount": "0.00",
    }  # fmt: skip


def _answer(customer: int, rung: int, chance: np.random.Generator) -> list[object]:
    ended = dt.datetime.combine(FIRST + dt.timedelta(days=30 * N_MONTHS - 9), dt.time(10, 0))
    warmth = 1.5 + rung * 0.9 + chance.normal(0, 0.6)
    cells = np.clip(np.round(warmth + chance.normal(0, 0.8, len(ASKED))), 1, 7)
    given = [ended, ended + dt.timedelta(minutes=6), _address(customer), f"Klant {customer}", ""]
    return [customer + 1, *given, *(int(cell) for cell in cells)]
