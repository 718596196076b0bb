"""A model on its way into memory, while other work goes on."""

from __future__ import annotations

from concurrent.futures import Future, ThreadPoolExecutor
from typing import Protocol

from reasoncli.events import Emitter
from reasoncli.models.interface import Sampler
from reasoncli.models.open import open_sampler
from reasoncli.settings.values import Settings
from reasoncli.workflow import preparation


class Loaded(Protocol):
    """A sampler that may be on its way still."""

    def check(self) -> None:
        """Raise what `result` would, if it is known by now."""
        ...

    def result(self) -> Sampler:
        """Wait for it."""
        ...


class Loading:
    """The model, loaded in a thread of its own while the base is measured; closed at the end in any case."""

    def __init__(self, settings: Settings, emit: Emitter) -> None:
        self._spec = preparation.model_spec(settings)
        self._emit = emit
        self._threads = ThreadPoolExecutor(1, thread_name_prefix="model")
        self._waited = False
        self._future: Future[Sampler] = self._threads.submit(
            open_sampler, self._spec, preparation.model_options(settings)
        )

    def __enter__(self) -> Loading:
        return self

    def check(self) -> None:
        """Raise what `result` would, if it is known by now: a broken model file costs no baseline."""
        if self._future.done():
            self._future.result()

    def result(self) -> Sampler:
        """Wait for the model; that is a stage of the run, once.

        Raises:
            ModelError, ModelNotFoundError: it can't be loaded.
        """
        if self._waited:
            return self._future.result()
        self._waited = True
        with self._emit.stage("model", self._spec) as stage:
            sampler = self._future.result()
            stage.summary = f"{sampler.info.name} on {sampler.info.device}"
        return sampler

    def __exit__(self, *error: object) -> None:
        self._threads.shutdown(wait=True, cancel_futures=True)
        if not self._future.cancelled() and self._future.exception() is None:
            self._future.result().close()
