"""Which engine serves, by the settings. In: Settings. Out: an Engine."""

from search.embedded_engine import EmbeddedEngine
from search.engine import Engine
from search.errors import MetiersError
from search.settings import Settings


def open_engine(settings: Settings) -> Engine:
    """The engine that the settings name. Raises MetiersError for an unknown name. Opens nothing yet."""
    if settings.engine == "embedded":
        return EmbeddedEngine(settings.index)
    raise MetiersError(f"METIERS_ENGINE={settings.engine!r}: expected embedded.")
