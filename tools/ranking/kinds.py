"""The rankers by their names."""

from __future__ import annotations

from collections.abc import Mapping

from tools.ranking.als import Als
from tools.ranking.bpr import Bpr
from tools.ranking.directed import Directed
from tools.ranking.ease import Ease, RecencyEase
from tools.ranking.item_knn import ItemKNN
from tools.ranking.popularity import Popularity
from tools.ranking.ranker import Ranker
from tools.ranking.sequential import Sequential

KINDS: Mapping[str, type[Ranker]] = {
    kind.name: kind for kind in (Popularity, ItemKNN, Ease, RecencyEase, Directed, Als, Bpr, Sequential)
}
