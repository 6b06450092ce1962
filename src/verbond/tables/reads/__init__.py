"""What methods ask of tables: each read is an aggregate query in the engine and a pure step to arrays.

- `panel`, `panel_chunks`: what every customer did, period by period.
- `panel_parts`: the same in parts that stay where the data are.
- `answers`: answers to questions as a matrix.
- `intentions`, `intended_people`: intentions that were asked, beside what people did after it, and before.
- `group_at_answer`: the group of customers on the day of an answer, as it was known then.
- `waves_asked`, `asked_or_not`: when customers were asked, and what both sides did before and after.
- `satisfied_people`: how satisfied people were, what pulled them elsewhere, and what they did around it.
- `purchases_after`: on how many days respondents bought after they answered.
- `purchases`: when each customer bought, summed up.
- `spending`: what each customer spent in two periods.
- `discounts_used`, `followed_purchases`, `timed_actions`: what is bought on discount, and after it.
- `product_weeks`, `leanings`: what was sold of each product at which price, and who bought in cheap weeks.
- `spreads`, `customers_now`: how far customers lie apart in what they do, and who is one now.
- `stays`, `known_groups`: from when until when customers were there, and what was known of them on the way.
- `habits`, `last_scores`: signs in what each customer buys, and what they said.
- `lives`: how long customers of known groups stay, and what they buy while they are there.
- `won_customers`, `known_actions`: who was won while the data were kept, by what, and what followed.
- `past_months`, `actions_beside`: what customers did month by month, beside when an action reached them
  first, and which other actions reached them.
- `targeting`, `reached_beside`: what was known of each customer before an action came and what she did after
  it, and whom other actions reached meanwhile.
- `behaviour`: what customers did over the whole period, by kind.
- `departments`: the department of each employee who answered.
- `action_reach`: whom a single action reached, and when; `n_reached_known`: how many of them are known.
- `interest`: who showed interest, and who may be approached.
- `kinds_by_lot`: action kinds that were given by lot.
- `matched`: whether those who answered are known as customers.
- `customer_words`: texts that customers wrote, by lot.
- `said`: what the company, its people and its customers said, and which actions carried it.
"""

from verbond.tables.reads.answers import Answers, answers
from verbond.tables.reads.around import group_at_answer
from verbond.tables.reads.asked import asked_or_not, waves_asked
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
from verbond.tables.reads.habits import Habits, habits, last_scores
from verbond.tables.reads.intentions import IntendedPeople, Intentions, intended_people, intentions
from verbond.tables.reads.interest import Interest, interest
from verbond.tables.reads.lives import Lives, lives
from verbond.tables.reads.lots import kinds_by_lot
from verbond.tables.reads.matched import Matched, matched
from verbond.tables.reads.panel import panel, panel_chunks
from verbond.tables.reads.parts import PanelParts, panel_parts, together
from verbond.tables.reads.past import PastMonths, actions_beside, past_months
from verbond.tables.reads.prices import Leanings, ProductWeeks, leanings, product_weeks
from verbond.tables.reads.purchases import Purchases, purchases
from verbond.tables.reads.reach import CONTROL, ActionReach, action_reach, n_reached_known
from verbond.tables.reads.said import Said, SaidAction, said
from verbond.tables.reads.satisfied import SatisfiedPeople, satisfied_people
from verbond.tables.reads.spending import Spending, spending
from verbond.tables.reads.spreads import Spread, customers_now, spreads
from verbond.tables.reads.staying import KnownGroups, Stays, known_groups, stays
from verbond.tables.reads.targeting import Targeting, action_opens, reached_beside, targeting
from verbond.tables.reads.winning import KnownAction, WonCustomers, WonSums, known_actions, won_customers
from verbond.tables.reads.words import CustomerWords, customer_words

__all__ = [
    "CONTROL",
    "ActionReach",
    "Answers",
    "Behaviour",
    "CustomerWords",
    "DiscountsUsed",
    "FollowedPurchases",
    "Habits",
    "IntendedPeople",
    "Intentions",
    "Interest",
    "KindOfEvent",
    "KnownAction",
    "KnownGroups",
    "Leanings",
    "Lives",
    "Matched",
    "PanelParts",
    "PastMonths",
    "ProductWeeks",
    "Purchases",
    "Said",
    "SaidAction",
    "SatisfiedPeople",
    "Spending",
    "Spread",
    "Stays",
    "Targeting",
    "TimedAction",
    "WonCustomers",
    "WonSums",
    "action_opens",
    "action_reach",
    "actions_beside",
    "answers",
    "asked_or_not",
    "behaviour",
    "customer_words",
    "customers_now",
    "departments",
    "discounts_used",
    "followed_purchases",
    "group_at_answer",
    "habits",
    "intended_people",
    "intentions",
    "interest",
    "kinds_by_lot",
    "known_actions",
    "known_groups",
    "last_scores",
    "leanings",
    "lives",
    "matched",
    "n_reached_known",
    "panel",
    "panel_chunks",
    "panel_parts",
    "past_months",
    "product_weeks",
    "purchases",
    "purchases_after",
    "reached_beside",
    "said",
    "satisfied_people",
    "spending",
    "spreads",
    "stays",
    "targeting",
    "timed_actions",
    "together",
    "waves_asked",
    "won_customers",
]
