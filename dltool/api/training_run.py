"""A training and the run directory that keeps it: how they begin, and the four ways in which they end.

Loads TensorFlow: import it only when ``backend.start`` has started it.
"""

from __future__ import annotations

import warnings
from collections.abc import Callable, Sequence
from dataclasses import asdict, replace
from pathlib import Path
from typing import TYPE_CHECKING, Any

import numpy as np

from dltool.api.calibration import chosen_calibration, decision_facts, logits_of_part, still_worse
from dltool.api.folds import FOLDS, CrossValidation, evaluate_folds
from dltool.api.trivial_answers import scores_of_trivial_answer
from dltool.backend.start import threads_in_force
from dltool.config.config import Config
from dltool.config.metric_names import is_on_validation, on_validation, without_part
from dltool.config.table_format import TableFormat
from dltool.config.training import ChosenThreshold
from dltool.contracts.calibration import Calibration
from dltool.contracts.dataset import Dataset
from dltool.contracts.events import Checkpoint, EpochEnded, Event, Finished, Resumed, StopTraining, unobserved
from dltool.contracts.model_description import ModelDescription
from dltool.contracts.plan import Plan
from dltool.environment import in_force
from dltool.errors import DataError, DataNote, DataWarning, Interrupted
from dltool.inference.evaluate import decoded_outputs, evaluate
from dltool.inference.evaluation import Evaluation
from dltool.inference.model_file import save_model
from dltool.model.autoencoder import Autoencoder
from dltool.model.build import adapt, build, compile_model, recompiled
from dltool.model.calibrated import calibrated
from dltool.model.trivial import trivial_scores, typical_row
from dltool.report.run import report_html
from dltool.runs.predictions import Predictions
from dltool.runs.recorder import Recorder
from dltool.runs.run import Run
from dltool.runs.run_facts import ending
from dltool.tasks import task_of_model
from dltool.tasks.calibration import at_temperature, logits_of
from dltool.tasks.intervals import residuals_of
from dltool.tasks.threshold import best_threshold
from dltool.tasks.trivial_answer import worse_than_trivial
from dltool.training.class_weights import training_weights
from dltool.training.engine import Engine
from dltool.training.loop_cache import LOOPS
from dltool.training.prepare import prepare

if TYPE_CHECKING:
    import keras


class TrainingRun:
    """What trains, and what keeps it on disk."""

    def __init__(self, run: Run, config: Config, plan: Plan, dataset: Dataset, engine: Engine) -> None:
        """Build the network, ready to be trained.

        Args:
            run: open and locked.
            config: what to do.
            plan: what follows from it.
            dataset: the data.
            engine: how steps are computed.
        """
        self.run, self.config, self.plan, self.dataset, self.engine = run, config, plan, dataset, engine
        model = build(plan, config.training.dtype_policy)
        adapt(model, plan, dataset.train.features)
        signature = dataset.signature
        if isinstance(model, Autoencoder):
            signature = replace(signature, typical=typical_row(model, dataset.train.features))
        self.description = ModelDescription(
            signature=signature,
            layers=plan.specs,
            training=config.training,
            standardized=plan.standardized,
            threshold=None if isinstance(config.training.threshold, ChosenThreshold) else config.training.threshold,
            table_format=getattr(config.data, "table_format", TableFormat()),
        )
        self.task = task_of_model(self.description)
        compile_model(model, config.training, self.task, dataset.rows.most)
        self.trainer = prepare(model, plan, config.training, dataset, self.task, config.seed, engine=engine)
        self.recorder = Recorder(run, self.trainer.checkpoint, config.training.checkpoint_seconds)
        self._calibrated: keras.Model | None = None
        self._is_safe = False
        self._seen = 0

    def begin(self, written: Config, facts: dict[str, Any]) -> None:
        """Write what is known before training.

        Args:
            written: what the run is of; the config that is trained by follows from it.
            facts: those of the data and the machine.

        Raises:
            OutputError, InputOutputError: a file cannot be written.
        """
        monitor, rows = self.trainer.best.monitor, vars(self.plan.rows)
        facts = facts | {"threads": threads_in_force(), "xla": self.engine.xla, **self._trivial(), **self._decision()}
        if in_force:
            facts["environment"] = in_force
        if table := self.dataset.signature.table:
            facts["columns"] = [asdict(column) for column in table]
        self.run.start(written.plain(), **facts, monitor=monitor, rows=rows, parameters=self.plan.parameters)

    def resume(self, written: Config, checkpoint: Checkpoint, path: Path, device: str) -> Resumed:
        """Make training and directory what they were when a checkpoint was taken.

        Args:
            written: as for ``begin``.
            checkpoint: where to go on.
            path: its file.
            device: in words.

        Raises:
            ChangedError: the run was begun on another device, or in another environment.
            DataError: the checkpoint is of another training, or the log lacks some of its epochs.
            OutputError, InputOutputError: a file cannot be written.
        """
        self.run.refuse_changes({}, {}, device=device, environment=in_force or None)
        try:
            self.trainer.restore(checkpoint)
        except DataError as error:
            raise DataError(f"{path}: {error}") from None
        if self.run.read_facts().calibration and not written.training.calibration:
            said = f"{self.run.path} was calibrated, and goes on without; `dltool calibrate` chooses a temperature anew"
            warnings.warn(said, DataNote, stacklevel=3)
        self.run.rewind(written.plain(), checkpoint.epoch, threads=threads_in_force(), calibration=None)
        return Resumed(str(path), checkpoint.epoch, checkpoint.step)

    @property
    def absent_metrics(self) -> list[str]:
        """The metrics that do not exist on the rows."""
        return [name for name, value in self.run.facts["trivial"].items() if value is None]

    def complete(self, folds: CrossValidation | None = None) -> Finished:
        """End a training that came to its end: what it makes of the validation rows, the model, and the report.

        Args:
            folds: where there are some, it is they that say how good the model is.

        Raises:
            OutputError, InputOutputError: a file cannot be written.
        """
        self._is_safe = self.recorder.save()
        run, model = self.run, self.trainer.model
        finished = self.trainer.finish()
        began = run.facts
        facts = ending(finished)
        if folds:
            facts |= folds.facts
            facts["training_seconds"] += finished.seconds
        trivial = facts["trivial"] = {**began["trivial"], **facts.get("trivial", {})}
        weighted = self.config.training.class_weight is not None
        rows, epoch = run.metrics(), finished.weights_epoch
        final = {**(rows[epoch - 1] if epoch else {}), **(folds.scores if folds else {})}
        facts["worse_than_trivial"] = worse_than_trivial(
            final, trivial, penalised=bool(model.losses), weighted=weighted, decided=bool(self.task.decision)
        )
        own = {without_part(name): value for name, value in trivial.items() if is_on_validation(name)}
        evaluation = self._evaluate_folds(folds, own) if folds else self._evaluate_validation(own, weighted=weighted)
        if evaluation:
            facts |= self._decision()
            if evaluation.calibration:
                facts["calibration"] = asdict(evaluation.calibration)
                facts["worse_than_trivial"] = still_worse(facts["worse_than_trivial"], evaluation)
        self._save_model()
        text, name = run.config_text(), self.config.name
        folds_rows = [fold.metrics() for fold in folds.runs] if folds else []
        plan = replace(self.plan, layers=self.description.plan.layers)
        run.write_report(report_html({**began, **facts}, rows, plan, text, name, evaluation, folds_rows))
        # Last: whoever sees the run finished finds all of it.
        run.end(**facts)
        return finished

    def tell(self, events: Sequence[Event], observe: Callable[[Event], None]) -> None:
        """Write what happened in a dispatch into the log, let an observer see it, and save a checkpoint if it is time.

        Raises:
            StopTraining: the observer has seen enough.
            OutputError, InputOutputError: a file cannot be written.
        """
        self.recorder.record(events)
        for event in () if observe is unobserved else events:
            self._seen = event.epoch if isinstance(event, EpochEnded) else self._seen
            observe(event)
        self.recorder.save_if_due(events)

    def stop(self, request: StopTraining) -> None:
        """End a training as an observer asked, at the last epoch that it saw.

        Raises:
            OutputError, InputOutputError: a file cannot be written.
        """
        seconds = self.trainer.seconds
        if 0 < self._seen < self.trainer.epoch:
            self.trainer.go_back(self._seen)
            self.run.keep_epochs(self._seen)
        self._save_model()
        self.run.end(status=request.status, reason=request.reason, epochs=self.trainer.epoch, training_seconds=seconds)

    def interrupt(self, interruption: Interrupted) -> None:
        """End a training that a signal interrupted, so that it can go on.

        Raises:
            OutputError, InputOutputError: a file cannot be written.
        """
        self.recorder.stop(interruption)
        self._save_model()
        interruption.run_dir = self.run.path

    def fail(self, error: BaseException) -> None:
        """End a training that an error ended; a note on the error says whether the weights are saved.

        Raises:
            OutputError, InputOutputError: a file cannot be written.
        """
        self.recorder.stop(error)
        if self._is_safe:
            error.add_note(f"the trained weights are safe: go on with --run-dir {self.run.path} --resume")

    def release(self) -> None:
        """Let another training have the compiled loop; this one is not to be used any more."""
        LOOPS.release(self.trainer.loop)

    def _save_model(self) -> None:
        model = self.trainer.model if self._calibrated is None else self._calibrated
        self.run.write_model(lambda path: save_model(model, self.description, path))

    def _evaluate_folds(self, folds: CrossValidation, trivial: dict[str, float | None]) -> Evaluation:
        """Keep and judge what the folds' networks make of all rows."""
        predictions, train = folds.predictions(), self.dataset.train
        if not self._are_trained(predictions.rows):
            raise DataError(f"{self.run.folds_path}: the table changed while folds of it were trained; train anew")
        calibration = None
        if self.config.training.calibration:
            logits = logits_of(predictions.outputs, predictions.targets)
            calibration = self._calibrate(logits, predictions.targets, train.weights, FOLDS)
        if calibration:
            outputs = at_temperature(predictions.outputs, predictions.targets, calibration.temperature)
            predictions = predictions._replace(outputs=outputs)
        if chosen := self._chosen_threshold:
            self._decide(chosen, predictions.targets, predictions.outputs, train.weights)
        self._keep(predictions)
        evaluation = evaluate_folds(
            self.task, self.config.training, predictions, folds.scores, trivial, weighted_rows=train.weights is not None
        )
        return replace(evaluation, calibration=calibration)

    def _evaluate_validation(self, trivial: dict[str, float | None], *, weighted: bool) -> Evaluation | None:
        """Keep and judge what the network makes of the validation rows, if there are some."""
        part, model, training = self.dataset.validation, self.trainer.model, self.config.training
        if part is None:
            return None
        calibration = None
        if training.calibration:
            logits = logits_of_part(model, self.description, part)
            calibration = self._calibrate(logits, part.targets, part.weights, "validation")
            model = model if self._calibrated is None else self._calibrated
        if chosen := self._chosen_threshold:
            self._decide(chosen, part.targets, decoded_outputs(model, self.task, part), part.weights)
        if calibration or chosen:
            model = recompiled(model, training, self.task, len(part))
        if chosen:
            trivial = trivial_scores(model, training, self.task, part.features, part.targets, part.weights)
        evaluation = evaluate(model, self.task, part, "validation", trivial, weighted=weighted)
        self._keep(Predictions(part.targets, evaluation.outputs, part.rows))
        return replace(evaluation, calibration=calibration)

    def _calibrate(
        self, logits: np.ndarray, targets: np.ndarray, weights: np.ndarray | None, part: str
    ) -> Calibration | None:
        """Give the network the temperature that suits rows best, if there is one."""
        try:
            calibration = chosen_calibration(logits, targets, weights, part)
        except DataError as error:
            warnings.warn(f"{self.run.path} is not calibrated: {error}", DataWarning, stacklevel=4)
            return None
        self.description = self.description.changed(temperature=calibration.temperature)
        self._calibrated = calibrated(self.trainer.model, self.description)
        return calibration

    def _keep(self, predictions: Predictions) -> None:
        """Write what was made of rows that training did not see, and let the model know how far off it was."""
        self.run.write_predictions(predictions._replace(temperature=self.description.temperature or 1.0))
        residuals = residuals_of(self.task, predictions.targets, predictions.outputs)
        self.description = self.description.model_copy(update={"residuals": residuals})

    @property
    def _chosen_threshold(self) -> ChosenThreshold | None:
        """What a threshold is to be chosen for, if one is."""
        threshold = self.config.training.threshold
        return threshold if isinstance(threshold, ChosenThreshold) else None

    def _are_trained(self, rows: np.ndarray | None) -> bool:
        """Tell whether rows of the table are those of the training part."""
        trained = self.dataset.train.rows
        return rows is not None and trained is not None and np.array_equal(rows, trained)

    def _decide(
        self, chosen: ChosenThreshold, targets: np.ndarray, outputs: np.ndarray, weights: np.ndarray | None
    ) -> None:
        """Let the threshold decide that is best on rows that training did not see."""
        threshold = best_threshold(targets, outputs[:, 1], chosen.maximize, weights)
        self.description = self.description.model_copy(update={"threshold": threshold})
        self.task = task_of_model(self.description)

    def _decision(self) -> dict[str, Any]:
        """Return what decides between two classes, where anything but 0.5 was asked to."""
        return decision_facts(self.task, self.config.training, folds=bool(self.plan.rows.folds))

    def _trivial(self) -> dict[str, Any]:
        """Return what a run's metrics are read beside: what the trivial answer scores, and the loss's unit."""
        training, dataset, task = self.config.training, self.dataset, self.task
        model, train = self.trainer.model, dataset.train
        weights, balanced = training_weights(dataset, training), training.class_weight is not None
        scores = scores_of_trivial_answer(model, training, task, train, weights, balanced=balanced)
        if part := dataset.validation:
            validated = scores_of_trivial_answer(model, training, task, part, part.weights)
            scores |= {on_validation(name): value for name, value in validated.items()}
        unit = "rows weighted by their class, in the training part" if training.class_weight else task.unit
        return {"trivial": scores, "trivial_answer": task.trivial_answer_in_words, "loss_unit": unit}
