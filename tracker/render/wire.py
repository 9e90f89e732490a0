"""What every JSON output is made of: closed, frozen models, read from the values that they show."""

from __future__ import annotations

from pydantic import BaseModel, ConfigDict


class Wire(BaseModel):
    """One object of an output. A name that the schema lacks is an error, not a field more.

    Pydantic builds what a model needs when it is used first: what is printed for people uses none.
    """

    model_config = ConfigDict(frozen=True, extra="forbid", from_attributes=True, defer_build=True)
