"""What may be unspoken: which rows break which requirement is worked out once, and must stay what the masks say."""

from __future__ import annotations

import numpy as np
from hypothesis import given, settings
from hypothesis import strategies as st

from core.ledger import Ledger
from tests.tools.domains import WordSearch, worlds
from tests.worlds import MemoryCatalog
from tools.elicitation.hidden import Shown, Suspicions
from tools.filtering.masks import verdicts


@settings(max_examples=200, deadline=None)
@given(st.data(), worlds())
def test_beliefs_break_what_the_masks_break(data: st.DataObject, world: tuple[MemoryCatalog, WordSearch]) -> None:
    drawn, _ = world
    fields = tuple(f.model_copy(update={"ask": "Which?"}) for f in drawn.schema.fields)
    catalog = MemoryCatalog("random", drawn.schema.model_copy(update={"fields": fields}), drawn.items)
    rows = st.integers(0, len(catalog) - 1)
    suspicions = Suspicions(catalog)
    for _ in range(2):  # the second belief goes by what the first has worked out
        weighed = data.draw(st.lists(rows, min_size=1, max_size=8, unique=True))
        shown = [Shown(row, passed_on=data.draw(st.booleans())) for row in data.draw(st.lists(rows, max_size=3))]
        for belief in suspicions.suspect(Ledger(), weighed, shown).fields:
            for preference, breaks in zip(belief.preferences, belief.breaks, strict=True):
                passed, known = verdicts(preference, catalog)
                wanted = preference.polarity == "want"
                assert breaks.tolist() == [bool(~passed[r] & (wanted | known[r])) for r in weighed]
            assert np.all(belief.probabilities >= 0)
            assert belief.cares <= 1
