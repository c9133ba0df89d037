"""The labels of the tagger: what a stretch of words does in a message, what a message does, what stood before it."""

from __future__ import annotations

from typing import Literal, get_args

Mark = Literal[
    "none", "W", "W?", "W!", "A", "A?", "L", "D", "S", "U", "F", "I", "Q", "C+", "C-", "R", "P", "N", "O", "B"
]  # fmt: skip
"""none: nothing that tells. W: wanted, plainly, softly (?) or with insistence (!). A: refused, plainly or softly.
L, D, S, U: an item, person or series liked (or to resemble), disliked, known already, not known yet. F: taken back.
I: does not matter. Q: asked about. C+, C-: more or less of it than in what was shown. R: compared with or pointed at.
P: taken. N: passed on. O: the domain's own noun. B: background that is no condition."""

Doing = Literal[
    "recommend", "ask", "surprise", "no_idea", "yes", "no", "keep_all", "pass", "more", "accepted", "look_up", "check",
    "compare", "explain", "count", "show_ledger", "greeting", "thanks", "goodbye", "help", "off_topic", "refusal",
    "unclear", "rant", "undo", "redo", "reset",
]  # fmt: skip
"""What a message does as a whole."""

Before = Literal["new", "slate", "question", "confirm", "relax", "which"]
"""What stood before it: nothing, items just shown, or one of our questions."""

MARKS: tuple[Mark, ...] = get_args(Mark)
DOINGS: tuple[Doing, ...] = get_args(Doing)
BEFORES: tuple[Before, ...] = get_args(Before)
