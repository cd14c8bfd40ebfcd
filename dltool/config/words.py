"""How other people's words, of Keras, PyTorch, Ludwig or scikit-learn, lead to the language's one spelling.

None of them is accepted: a word that is not ours is refused, and answered with the one that is.
"""

from __future__ import annotations

import difflib
import re
from collections.abc import Collection, Sequence
from functools import cache, lru_cache

_LISTED = 8

# Ours, and what others call it, as ``plain`` leaves it. A word may stand for several of ours: where it stands decides.
_OTHERS = {
    # Sections and keys.
    "name": "title experiment experimentname runname project",
    "seed": "randomseed randomstate rngseed seedeverything manualseed",
    "data": "dataset datasets input datamodule",
    "model": "network net architecture arch",
    "training": "train trainer fit trainingparameters hyperparameters",
    "source": "type kind format datasource loader",
    "type": "name kind classname class",
    "path": "file filename filepath datapath dir directory folder root csv url trainpath datadir traindir",
    "targets": "target label labels y output outputs outputcolumn outputfeatures targetcolumn labelcolumn ytrain "
    "classlabel response dependent",
    "features": "x inputs input columns inputcolumns inputfeatures featurecolumns xtrain usecols predictors",
    "test_features": "xtest",
    "test_targets": "ytest testlabels",
    "classes": "classnames labelnames labels categories",
    "delimiter": "sep separator delim",
    "header": "hasheader",
    "missing": "na nan missingvaluestrategy fillna dropna imputation nanpolicy",
    "missing_values": "navalues nullvalues nastrings",
    "validation": "val valid dev validationsplit valsplit validationsize valsize validationfraction validationdata "
    "valdata validset evalset valpath validationpath valdir",
    "test": "testsplit testsize testfraction testdata testpath testset testdir holdout",
    "image_size": "imagesize imgsize imagesshape imageshape targetsize resize size inputsize",
    "color_mode": "colormode colourmode colorspace mode channels",
    "scaling": "scale scaler normalization standardization normalize normalise normalized standardize standardise "
    "rescale preprocessing scalefeatures",
    "target_scaling": "scaletarget scaletargets normalizetarget normalizetargets standardizetargets "
    "targetnormalization",
    "target_transform": "logtarget transformtarget",
    "layers": "layer hiddenlayers modules",
    "hidden_units": "units hiddenlayersizes hiddensizes hiddensize hiddenlayers hiddendim hiddendims hidden layers "
    "layersizes neurons nodes numunits nunits fclayers fcsize outputsize numfclayers denseunits unit",
    "units": "outfeatures neurons nodes outputdim numunits nunits hiddenunits hiddensize outputsize unit dim width",
    "filters": "outchannels numfilters nfilters channels convfilters filter convlayers",
    "kernel_size": "kernel filtersize ksize kernels",
    "strides": "stride",
    "pool_size": "pool poolsize pooling kernelsize",
    "dilation_rate": "dilation",
    "use_bias": "bias",
    "rate": "p prob dropout dropoutrate dropoutprob probability keepprob",
    "dropout": "dropoutrate dropoutprob dropprob pdropout fcdropout rate",
    "batch_normalization": "batchnorm bn norm usebatchnorm usebatchnormalization batchnorm1d batchnorm2d "
    "normlayer fcnorm",
    "activation": "activationfunction activationfn act nonlinearity",
    "kernel_initializer": "initializer init weightinit weightsinitializer kernelinit initialization",
    "bias_initializer": "biasinit",
    "kernel_regularizer": "regularizer regularization l1 l2 l2reg l1reg l2regularization weightregularizer alpha",
    "epsilon": "eps",
    "momentum": "mom",
    "optimizer": "optim opt solver optimiser algorithm",
    "learning_rate": "lr eta learnrate learningrateinit baselr stepsize initiallr initiallearningrate maxlr rate",
    "beta_1": "b1",
    "beta_2": "b2",
    "weight_decay": "wd decay l2 weightdecayrate",
    "clipnorm": "maxnorm",
    "clipvalue": "clip gradclip gradientclip",
    "global_clipnorm": "gradientclipval maxgradnorm gradnorm clipgradnorm gradientclipping gradclipnorm clipglobalnorm "
    "gradclip",
    "use_ema": "ema",
    "ema_momentum": "emadecay",
    "gradient_accumulation_steps": "accumulategradbatches gradaccumulation gradaccum accumsteps accumulationsteps",
    "loss": "lossfunction lossfn criterion objective losses trainloss trainingloss",
    "metrics": "metric scoring score scores evalmetric evalmetrics weightedmetrics",
    "epochs": "epoch nepochs numepochs nbepoch maxepochs maxiter iterations niter trainepochs nestimators",
    "batch_size": "batch bs batchsizes trainbatchsize minibatch minibatchsize perdevicetrainbatchsize",
    "shuffle": "shuffledata shuffletrain reshuffleeachiteration",
    "class_weight": "classweights samplingstrategy",
    "early_stopping": "earlystop earlystopper stopping earlystopcallback",
    "reduce_lr_on_plateau": "reducelr reduceonplateau plateau lrplateau",
    "monitor": "metric metricname watch validationmetric",
    "patience": "niternochange earlystoppingpatience earlystop wait roundsnoimprovement",
    "min_delta": "tol threshold mindeltas",
    "min_lr": "minlearningrate",
    "restore_best_weights": "restorebest savebestonly loadbest loadbestmodelatend",
    "dtype_policy": "dtype precision policy mixedprecision amp fp16 useamp floatprecision halfprecision",
    "decay_steps": "steps tmax totalsteps",
    "warmup_steps": "warmup numwarmupsteps",
    "end_learning_rate": "endlr finallr",
    "boundaries": "milestones",
    "decay_rate": "gamma",
    # Data sources and models.
    "image_folder": "imagefolder images imagedirectory imagedatasetfromdirectory folder directory flowfromdirectory",
    "npz": "numpy npy arrays",
    "csv": "table tsv tabular dataframe pandas text",
    "inline": "list lists memory array",
    "cifar10": "cifar",
    "mlp": "dense feedforward fnn dnn ann perceptron mlpclassifier mlpregressor fullyconnected multilayerperceptron",
    "cnn": "conv convnet convolutional stackedcnn conv2d lenet",
    "sequential": "layers functional custom",
    # Optimizers and schedules.
    "adamw": "adamweightdecay",
    "sgd": "momentum nesterov gradientdescent sgdmomentum",
    "rmsprop": "rms",
    "cosine_decay": "cosine cosineannealing cosineannealinglr cosineschedule",
    "cosine_decay_restarts": "cosineannealingwarmrestarts sgdr warmrestarts",
    "exponential_decay": "exponential exponentiallr",
    "piecewise_constant_decay": "step steplr multisteplr piecewise piecewiseconstant constant",
    "polynomial_decay": "polynomial linear lineardecay polynomiallr linearlr",
    "inverse_time_decay": "inversetime",
    # Losses and metrics.
    "binary_crossentropy": "bce bcewithlogits bcewithlogitsloss logloss binarylogloss binarylogistic "
    "sigmoidcrossentropy crossentropy logistic binary",
    "categorical_crossentropy": "cce ce crossentropy softmaxcrossentropy nll nllloss negativeloglikelihood "
    "multilogloss logloss softmax multiclass",
    "sparse_categorical_crossentropy": "scce sparsecrossentropy sparsecategorical",
    "binary_focal_crossentropy": "focal focalloss binaryfocal",
    "categorical_focal_crossentropy": "categoricalfocal",
    "kl_divergence": "kl kld kldiv kullbackleiblerdivergence",
    "root_mean_squared_error": "rmse rootmeansquareerror",
    "mean_squared_error": "mse rmse l2 l2loss squarederror meansquareerror regsquarederror squaredloss",
    "mean_absolute_error": "mae l1 l1loss absoluteerror mad",
    "mean_absolute_percentage_error": "mape",
    "mean_squared_logarithmic_error": "msle rmsle",
    "huber": "smoothl1 smoothl1loss",
    "log_cosh": "logcosh",
    "poisson": "poissonnll poissonnllloss",
    "cosine_similarity": "cosine cosinesimilarityloss cosineembedding",
    "hinge": "maxmargin svm",
    "accuracy": "acc accuracyscore binaryaccuracy categoricalaccuracy sparsecategoricalaccuracy balancedaccuracy",
    "top_k_categorical_accuracy": "topk topkaccuracy top5 top5accuracy top3 top3accuracy top5acc "
    "sparsetopkcategoricalaccuracy",
    "auc": "rocauc auroc rocaucscore roc areaundercurve prauc auprc",
    "f1_score": "f1 fscore fbeta f1macro f1micro f1weighted fmeasure",
    "precision": "precisionscore ppv",
    "recall": "recallscore sensitivity tpr",
    "r2_score": "r2 rsquared rsquare coefficientofdetermination",
    # Layers.
    "dense": "linear fc fullyconnected affine innerproduct",
    "conv1d": "convolution1d",
    "conv2d": "conv convolution convolution2d convolutional",
    "separable_conv2d": "separableconvolution2d separableconv",
    "depthwise_conv2d": "depthwiseconv depthwiseconvolution2d",
    "max_pooling2d": "maxpool maxpool2d maxpooling pool pooling pool2d adaptivemaxpool2d",
    "max_pooling1d": "maxpool1d",
    "average_pooling2d": "avgpool avgpool2d averagepooling averagepool2d averagepool",
    "average_pooling1d": "avgpool1d averagepool1d",
    "global_average_pooling2d": "gap globalavgpool globalavgpool2d globalaveragepooling adaptiveavgpool2d "
    "globalpooling",
    "global_average_pooling1d": "globalavgpool1d adaptiveavgpool1d",
    "global_max_pooling2d": "globalmaxpool globalmaxpool2d globalmaxpooling",
    "global_max_pooling1d": "globalmaxpool1d",
    "layer_normalization": "layernorm ln",
    "spatial_dropout2d": "dropout2d",
    "zero_padding2d": "pad padding zeropad2d pad2d",
    "reshape": "view unflatten expanddims",
    "random_flip": "flip horizontalflip randomhorizontalflip verticalflip randomverticalflip",
    "random_rotation": "rotate rotation rotationrange",
    "random_zoom": "zoom zoomrange randomresizedcrop",
    "random_translation": "shift translate widthshiftrange heightshiftrange randomaffine",
    "random_contrast": "contrast colorjitter",
    # Activations, initializers and other values.
    "silu": "swish",
    "hard_silu": "hardswish",
    "linear": "none identity null",
    "leaky_relu": "lrelu",
    "sigmoid": "logistic",
    "softmax": "multinomial",
    "glorot_uniform": "glorot xavier xavieruniform",
    "glorot_normal": "xaviernormal",
    "he_normal": "he kaiming kaimingnormal msra",
    "he_uniform": "kaiminguniform",
    "lecun_normal": "lecun",
    "random_normal": "normal gaussian",
    "random_uniform": "uniform",
    "truncated_normal": "truncnormal",
    "l1_l2": "elasticnet l1l2",
    "grayscale": "grey gray greyscale l bw mono blackandwhite 1",
    "rgb": "color colour rgba 3",
    "normalization": "standard standardization standardize standardscaler zscore znorm meanstd",
    "rescaling": "rescale 255 divide255 unit",
    "standardization": "standard standardize standardscaler normalization normalize zscore true",
    "bilinear": "linear",
    "bicubic": "cubic",
    "lanczos": "lanczos3 lanczos5 antialias",
    "refuse": "error raise fail strict",
    "drop": "droprow skip remove ignore dropna",
    "mean": "average impute fill fillmean fillwithmean",
    "log": "log1p log10 logarithm true",
    "balanced": "balance true auto inverse",
    "mixed_float16": "float16 fp16 16 half 16mixed float16mixed true amp",
    "mixed_bfloat16": "bfloat16 bf16 bf16mixed",
    "float32": "fp32 32 float single 32true false",
    "same": "half samepadding",
    "valid": "novalid 0 nopadding none",
    "max": "maximum maximize up",
    "min": "minimum minimize down",
    # Sweeps.
    "axes": "parameters params space searchspace paramgrid paramdistributions hyperparameters sweep grid",
    "base": "config template defaults baseconfig",
    "search": "method strategy algorithm sampler",
    "trials": "ntrials numtrials niter numsamples maxtrials count",
    "repeats": "repeat seeds replicates executionspertrial runs",
    "objective": "metric goal target",
    "direction": "goal mode",
    "low": "min lower minvalue start",
    "high": "max upper maxvalue stop end",
    "step": "q",
    "pruning": "pruner scheduler",
    "grid": "gridsearch gridsearchcv exhaustive",
    "random": "randomsearch randomizedsearchcv randomsearchcv",
    "tpe": "bayes bayesian bayesianoptimization bayesopt optuna hyperopt",
    "median": "medianpruner medianstopping",
    "successive_halving": "hyperband asha sha successivehalvingpruner",
    "minimize": "min minimise lower",
    "maximize": "max maximise higher",
}
_FOLLOWS = "it follows from the data; leave it out"
_BY_ITSELF = "there is nothing to set here; leave it out"
_RATE = "a rate that changes stands under optimizer, as learning_rate: {type: cosine_decay, …}, or is left to "
_RATE += "training.reduce_lr_on_plateau"

# What is no key of ours, and how the same is had.
_ELSEWISE = {
    "callbacks callback": "early_stopping and reduce_lr_on_plateau stand under training; checkpoints, logs and the "
    "report are written by themselves",
    "verbose verbosity progressbar enableprogressbar loglevel silent quiet": "epochs are shown as they pass, unless "
    "the command line says --quiet",
    "checkpoint checkpoints modelcheckpoint savebest savebestonly saveweightsonly checkpointcallback checkpointing "
    "enablecheckpointing savefreq": "checkpoints are written by themselves; training.early_stopping ends with the best "
    "weights",
    "device gpu gpus ngpus numgpus usegpu cuda usecuda nocuda cpu accelerator devices tpu strategy": "it is an option "
    "of the command line: --device gpu",
    "outputdir outdir logdir savedir rundir modeldir checkpointdir defaultrootdir savepath modelpath outputpath "
    "savemodel resultsdir": "it is an option of the command line: --run-dir DIR",
    "resume resumefrom resumefromcheckpoint ckptpath continue": "it is an option of the command line: --resume",
    "jobs njobs nworkers parallel": "it is an option of the command line: --jobs N",
    "inputshape inputdim indim infeatures inchannels batchinputshape inputchannels numfeatures nfeatures inputs "
    "inputlayer inputsize": _FOLLOWS,
    "numclasses nclasses nclass outputdim outdim outputsize numlabels outputactivation finalactivation outputlayer "
    "numoutputs task problemtype": _FOLLOWS + " (and from training.loss)",
    "trainsplit trainsize trainfraction trainingsplit": "what data.validation and data.test leave is trained on; leave "
    "it out",
    "split splits splitratio": "write data.validation and data.test, each a fraction such as 0.1",
    "stratify stratified shufflesplit": "every part gets its share of each class by itself; leave it out",
    "stepsperepoch validationsteps validationfreq initialepoch trainsteps droplast maxsteps batchesperepoch "
    "checkvaleverynepoch": "an epoch is every training row once; leave it out",
    "numworkers workers usemultiprocessing pinmemory prefetch cache buffersize maxqueuesize shufflebuffersize "
    "persistentworkers jitcompile runeagerly compile benchmark threads": _BY_ITSELF,
    "deterministic determinism reproducible": "every run repeats by itself; leave it out",
    "lrscheduler scheduler lrschedule learningratescheduler schedule lrdecay decayschedule lrschedulertype": _RATE,
    "tensorboard logger logging log loggers wandb mlflow csvlogger history loginterval logeverynsteps": "each epoch's "
    "metrics are written to metrics.jsonl in the run directory; leave it out",
    "dropout dropoutrate": "layers of their own do it: {type: dropout, rate: 0.2}",
    "batchnorm batchnormalization": "layers of their own do it: {type: batch_normalization}",
    "lstm gru rnn simplernn bidirectional embedding attention multiheadattention transformer transformerencoder conv3d "
    "conv2dtranspose convtranspose2d timedistributed lambdalayer concatenate convlstm2d": "this version has no such "
    "layer",
    "betas": "write beta_1 and beta_2",
    "lambda": "write kernel_regularizer: {type: l2, l2: 0.01}",
    "pretrained backbone transferlearning weights imagenet": "every network starts anew; leave it out",
    "augmentation augment dataaugmentation transforms transform": "layers of model {type: sequential} do it: "
    "random_flip, random_rotation, random_zoom, …",
    "sampleweight sampleweights": "training.class_weight: balanced weighs the classes",
    "crossvalidation cv kfold folds nfolds nsplits": "a sweep with repeats trains a config several times",
}

_ENDINGS = ("optimizer", "optimiser", "layer", "loss", "metric", "callback", "activation", "function", "decay", "rate")
_VALIDATION = re.compile(r"(val|valid|validation|dev)[_/ -]", re.IGNORECASE)


@lru_cache(4096)
def plain(word: str) -> str:
    """Return what is left of a word where spelling does not count: ``keras.layers.Conv2D(3)`` is ``conv2d``."""
    word = word.partition("(")[0].rstrip(". ")
    return re.sub(r"[\W_]", "", word.rpartition(".")[2]).casefold()


@cache
def _ours() -> dict[str, list[str]]:
    found: dict[str, list[str]] = {}
    for ours, others in _OTHERS.items():
        for other in others.split():
            found.setdefault(other, []).append(ours)
    return found


def same(word: str, known: Collection[str]) -> str | None:
    """Return the known word that ``word`` is another spelling or another name of."""
    bare = plain(word)
    spelt = {plain(name): name for name in reversed(list(known))}
    for form in (bare, *(bare.removesuffix(end) for end in _ENDINGS if bare.endswith(end))):
        if form in spelt:
            return spelt[form]
        for ours in _ours().get(form, ()):
            if ours in known:
                return ours
    if prefix := _VALIDATION.match(word):
        parts = [name.removeprefix("validation_") for name in known if name.startswith("validation_")]
        found = same(word[prefix.end() :], parts)
        return found and f"validation_{found}"
    return None


def near(word: str, known: Collection[str], cutoff: float = 0.6) -> str | None:
    """Return the known word that ``word`` may be a slip of."""
    spelt = {name.casefold(): name for name in known}
    low = word.casefold()
    swapped = [name for name in spelt if sorted(name) == sorted(low)]
    found = swapped or difflib.get_close_matches(low, spelt, n=1, cutoff=cutoff)
    return spelt[found[0]] if found else None


def elsewise(word: str) -> str:
    """Return how that is had for which the language has no key; empty where nothing is known of the word."""
    bare = plain(word)
    return next((advice for others, advice in _ELSEWISE.items() if bare in others.split()), "")


def listed(known: Sequence[str], first: str | None = None, most: int = _LISTED) -> str:
    """Return the first of some words, the likely one at their head, and how many more there are."""
    words = sorted(known, key=lambda name: (name != first, name))
    more = len(words) - most
    # To leave out a single one saves nothing.
    return ", ".join(words) if more <= 1 else ", ".join(words[:most]) + f" and {more} more"


def did_you_mean(word: str, known: Sequence[str]) -> str:
    """Return a hint that names the likeliest known word, and some of the others."""
    likely = same(word, known) or near(word, known)
    if likely:
        return f"did you mean {likely!r}? one of: {listed(known, likely)}"
    return f"expected one of: {listed(known)}" if known else ""
