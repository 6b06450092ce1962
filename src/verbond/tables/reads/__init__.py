"""What methods ask of tables: each read is an aggregate query in the engine and a pure step to arrays.

- `panel`, `panel_chunks`: what every customer did, period by period.
- `panel_parts`: the same in parts that stay where the data are.
- `answers`: answers to questions as a matrix.
- `intentions`: intentions that were asked, beside what people did after it.
- `purchases_after`: on how many days respondents bought after they answered.
- `purchases`: when each customer bought, summed up.
- `spending`: what each customer spent in two periods.
- `discounts_used`, `followed_purchases`, `timed_actions`: what is bought on discount, and after it.
- `behaviour`: what customers did over the whole period, by kind.
- `departments`: the department of each employee who answered.
- `kinds_by_lot`: action kinds that were given by lot.
- `matched`: whether those who answered are known as customers.
- `customer_words`: texts that customers wrote, by lot.
"""

from verbond.tables.reads.answers import Answers, answers
from verbond.tables.reads.behaviour import Behaviour, KindOfEvent, behaviour
from verbond.tables.reads.departments import departments
from verbond.tables.reads.discounts import (
    DiscountsUsed,
    FollowedPurchases,
    TimedAction,
    discounts_used,
    followed_purchases,
    timed_actions,
)
from verbond.tables.reads.following import purchases_after
from verbond.tables.reads.intentions import Intentions, intentions
from verbond.tables.reads.lots import kinds_by_lot
from verbond.tables.reads.matched import Matched, matched
from verbond.tables.reads.panel import panel, panel_chunks
from verbond.tables.reads.parts import PanelParts, panel_parts, together
from verbond.tables.reads.purchases import Purchases, purchases
from verbond.tables.reads.spending import Spending, spending
from verbond.tables.reads.words import CustomerWords, customer_words

__all__ = [
    "Answers",
    "Behaviour",
    "CustomerWords",
    "DiscountsUsed",
    "FollowedPurchases",
    "Intentions",
    "KindOfEvent",
    "Matched",
    "PanelParts",
    "Purchases",
    "Spending",
    "TimedAction",
    "answers",
    "behaviour",
    "customer_words",
    "departments",
    "discounts_used",
    "followed_purchases",
    "intentions",
    "kinds_by_lot",
    "matched",
    "panel",
    "panel_chunks",
    "panel_parts",
    "purchases",
    "purchases_after",
    "spending",
    "timed_actions",
    "together",
]
