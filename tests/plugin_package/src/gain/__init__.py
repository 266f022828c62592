"""A pipeline of its own: programs may use ``gain.scale``, which is lowered before anything else sees it."""

from gain.dialect import gain
from gain.passes import LowerGain
from ireekit import Pipeline

pipeline = Pipeline("gain", dialects=(gain,), passes=(LowerGain,)).at("start", LowerGain())
