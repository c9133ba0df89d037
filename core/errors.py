"""Errors named by who must act: the person, the operator, the model, or the authors of this program."""

from __future__ import annotations


class TastemakerError(Exception):
    """The root of every error raised on purpose; `mend` says what to do next."""

    exit_code = 1

    def __init__(self, message: str, mend: str = "") -> None:
        super().__init__(message)
        self.mend = mend

    def __str__(self) -> str:
        """The message, and behind it what to do next."""
        return f"{self.args[0]} {self.mend}".strip()


class UserMustFix(TastemakerError):
    """The call or the input is wrong; the caller can mend it (exit code 2)."""

    exit_code = 2


class BadInput(UserMustFix):
    """A file, row or argument that cannot be read as what it claims to be."""


class RequestReused(UserMustFix):
    """The name of a request was used before, for something else."""


class UnknownCatalog(UserMustFix):
    """No catalogue of this name is installed."""


class UnknownConversation(UserMustFix):
    """No conversation with this id is stored."""


class OperatorMustFix(TastemakerError):
    """The installation or its settings are wrong (exit code 3)."""

    exit_code = 3


class IndexMismatch(OperatorMustFix):
    """An index on disk was made by another model, schema or version than the one asked for."""


class StoreUnavailable(OperatorMustFix):
    """The conversation store or vector store cannot be reached."""


class ConversationMoved(TastemakerError):
    """Another tab or process added a turn first; reload the conversation and send again (exit code 4)."""

    exit_code = 4


class ModelMustRetry(TastemakerError):
    """A model call failed in a way that another try may mend."""


class ModelUnavailable(ModelMustRetry):
    """The model server did not answer: connection refused, timeout, 429 or 5xx."""


class CircuitOpen(ModelUnavailable):
    """The model server has failed so often that it is left alone for a while; no call was made."""


class ModelBrokeSchema(ModelMustRetry):
    """The model answered with something that does not fit the schema it was given."""


class ModelRejected(TastemakerError):
    """The server refused the call for good: bad key, unknown model, malformed request."""


class ModelSetupRefused(ModelRejected):
    """The key, the model or the address is wrong: no call can succeed before the operator acts."""


class BudgetSpent(TastemakerError):
    """A ceiling on calls, tokens, money or time has been reached (exit code 5)."""

    exit_code = 5
