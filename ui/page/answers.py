"""Answers on their way: each runs in a thread of its own, so that a click or a reload does not lose it."""

from __future__ import annotations

import threading
from collections.abc import Iterator
from typing import TYPE_CHECKING

from core.errors import ConversationMoved, TastemakerError
from core.events import Event, TextReplaced

if TYPE_CHECKING:
    from agent.build import Tastemaker

TRIES = 3


class Answer:
    """One answer being made; any number of page runs can follow it from its beginning."""

    def __init__(self, tastemaker: Tastemaker, conversation: str, message: str, controller: str | None) -> None:
        self.tastemaker = tastemaker
        self.conversation = conversation
        self.message = message
        self.controller = controller
        self.turns_before = len(tastemaker.store.load(conversation).turns)
        self.error: TastemakerError | None = None
        self.done = False
        self._events: list[Event] = []
        self._news = threading.Condition()

    def follow(self) -> Iterator[Event]:
        """Every event from the first, waiting for those to come."""
        place = 0
        while True:
            with self._news:
                while len(self._events) == place and not self.done:
                    self._news.wait()
                fresh = self._events[place:]
                if not fresh:
                    return
            place += len(fresh)
            yield from fresh

    def run(self) -> None:
        """Make the answer; an edit of the ledger meanwhile makes it start again with what is known then."""
        try:
            for attempt in range(TRIES):
                try:
                    self._once()
                except ConversationMoved:
                    turns = len(self.tastemaker.store.load(self.conversation).turns)
                    if turns != self.turns_before or attempt == TRIES - 1:
                        raise
                    self._add(TextReplaced(text=""))
                else:
                    return
        except TastemakerError as error:
            self.error = error

    def finish(self) -> None:
        """Let the followers go."""
        with self._news:
            self.done = True
            self._news.notify_all()

    def _once(self) -> None:
        for event in self.tastemaker.stream(self.conversation, self.message, self.controller):
            self._add(event)

    def _add(self, event: Event) -> None:
        with self._news:
            self._events.append(event)
            self._news.notify_all()


class Answers:
    """The answers under way in this process, by conversation."""

    def __init__(self) -> None:
        self._running: dict[str, Answer] = {}
        self._failed: dict[str, Answer] = {}
        self._lock = threading.Lock()

    def start(self, tastemaker: Tastemaker, conversation: str, message: str, controller: str | None) -> bool:
        """Begin to answer; False when another answer is under way in this conversation."""
        answer = Answer(tastemaker, conversation, message, controller)
        with self._lock:
            if conversation in self._running:
                return False
            self._running[conversation] = answer
            self._failed.pop(conversation, None)
        threading.Thread(target=self._work, args=(answer,), name=f"answer-{conversation}", daemon=True).start()
        return True

    def running(self, conversation: str) -> Answer | None:
        """The answer under way, or None."""
        with self._lock:
            return self._running.get(conversation)

    def failure(self, conversation: str) -> Answer | None:
        """The answer that could not be given, told once."""
        with self._lock:
            return self._failed.pop(conversation, None)

    def _work(self, answer: Answer) -> None:
        try:
            answer.run()
        finally:
            with self._lock:
                self._running.pop(answer.conversation, None)
                if answer.error is not None:
                    self._failed[answer.conversation] = answer
            answer.finish()
