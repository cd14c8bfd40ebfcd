"""Train a config again and again in one process, with no run directory: `bare_trials.py CONFIG TIMES`."""

import json
import sys
import time

from dltool import data
from dltool.backend.start import start
from dltool.config.validation import load_config
from dltool.model.plan import plan
from dltool.training.engine import engine_of, threads_of

ended = []
for seed in range(int(sys.argv[2])):
    config = load_config(sys.argv[1], [f"seed={seed}"])
    dataset = data.load(config.data, config.needs, config.seed)
    planned = plan(config, dataset.signature, dataset.rows)
    start("cpu", config.seed, threads_of(planned, config.training, 2))

    from dltool.model.build import adapt, build, compile_model
    from dltool.tasks import task_of
    from dltool.training.loop_cache import LOOPS
    from dltool.training.prepare import prepare

    model = build(planned, config.training.dtype_policy)
    adapt(model, planned, dataset.train.features)
    task = task_of(dataset.signature, config.training.loss, planned.standardized)
    compile_model(model, config.training, task, dataset.rows.most)
    engine = engine_of(planned, config.training, on_gpu=False, threads=1)
    trainer = prepare(model, planned, config.training, dataset, task, config.seed, engine=engine)
    for _ in trainer.events("cpu"):
        pass
    trainer.finish()
    LOOPS.release(trainer.loop)
    ended.append(time.perf_counter())
print(json.dumps({"ended": ended}))
