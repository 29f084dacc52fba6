"""A runtime for the tests that takes its time, or fails, where it is told to.

Each model has a copy of this file as a module of its own beside its model-settings.json, whose `parameters.extra` says
what to do:

- import_seconds: how long the import of this module blocks, as the import of a large library does.
- load_seconds, blocking: how long load() takes, on the event loop (true) or awaited (false).
- fail: "import", "raise" or "false", for an import or a load() that raises or a load() that returns False.

An inference request with the parameter `block_seconds` blocks the event loop for that long; its inputs come back.
Meant for parallel_workers=0, where load() and predict() run on the loop that serves HTTP and gRPC.
"""

import asyncio
import json
import time
from pathlib import Path

from mlserver import MLModel
from mlserver.types import InferenceRequest, InferenceResponse, ResponseOutput

_settings = json.loads(Path(__file__).with_name("model-settings.json").read_text())
_extra = _settings["parameters"]["extra"]

# MLServer imports a runtime's module and reloads it at once: only the first of the two is to be slow.
if "_is_imported" not in globals():
    time.sleep(_extra["import_seconds"])
    if _extra["fail"] == "import":
        raise ImportError("this runtime was told to fail at its import")
    _is_imported = True


class SlowModel(MLModel):
    async def load(self) -> bool:
        if _extra["blocking"]:
            time.sleep(_extra["load_seconds"])
        else:
            await asyncio.sleep(_extra["load_seconds"])
        if _extra["fail"] == "raise":
            raise RuntimeError("this runtime was told to fail in load()")
        return _extra["fail"] != "false"

    async def predict(self, payload: InferenceRequest) -> InferenceResponse:
        time.sleep(getattr(payload.parameters, "block_seconds", 0))
        outputs = [
            ResponseOutput(name=each.name, shape=each.shape, datatype=each.datatype, data=each.data)
            for each in payload.inputs
        ]
        return InferenceResponse(model_name=self.name, outputs=outputs)
