"""MNIST as a person who minds speed writes it in PyTorch: `torch_mnist.py cnn|mlp DATA EPOCHS THREADS`."""

import json
import sys
import time

import numpy as np
import torch

kind, data = sys.argv[1:3]
epochs, threads = map(int, sys.argv[3:])
torch.manual_seed(7)
torch.set_num_threads(threads)
with np.load(data) as arrays:
    features = torch.from_numpy(arrays["x_train"]).float().div(255)[:, None]
    targets = torch.from_numpy(arrays["y_train"]).long()
if kind == "cnn":
    model = torch.nn.Sequential(
        torch.nn.Conv2d(1, 32, 3), torch.nn.ReLU(), torch.nn.MaxPool2d(2), torch.nn.Flatten(), torch.nn.Linear(5408, 10)
    )
    model = model.to(memory_format=torch.channels_last)
    features = features.contiguous(memory_format=torch.channels_last)
else:
    model = torch.nn.Sequential(
        torch.nn.Flatten(), torch.nn.Linear(784, 128), torch.nn.ReLU(), torch.nn.Dropout(0.2), torch.nn.Linear(128, 10)
    )
optimizer = torch.optim.Adam(model.parameters(), lr=0.001, eps=1e-7, fused=True)
loss_function = torch.nn.CrossEntropyLoss()
count = len(features) * 9 // 10
seconds, losses = [], []
for _ in range(epochs):
    began = time.perf_counter()
    model.train()
    total, right = torch.zeros(()), torch.zeros(())
    for rows in torch.randperm(count).split(32):
        some, truth = features[rows], targets[rows]
        outputs = model(some)
        loss = loss_function(outputs, truth)
        optimizer.zero_grad()
        loss.backward()
        optimizer.step()
        total += loss.detach() * len(rows)
        right += (outputs.argmax(1) == truth).sum()
    model.eval()
    with torch.no_grad():
        for some, truth in zip(features[count:].split(512), targets[count:].split(512), strict=True):
            outputs = model(some)
            loss_function(outputs, truth)
            (outputs.argmax(1) == truth).sum()
    losses.append(float(total) / count)
    seconds.append(time.perf_counter() - began)
print(json.dumps({"epoch_seconds": float(np.median(seconds[1:] or seconds)), "loss": losses[-1]}))
