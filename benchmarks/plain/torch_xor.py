"""XOR in plain PyTorch."""

import json
import time

import torch
from torch import nn

EPOCHS = 1000

x = torch.tensor([[0, 0], [0, 1], [1, 0], [1, 1]], dtype=torch.float32)
y = torch.tensor([[0], [1], [1], [0]], dtype=torch.float32)

torch.manual_seed(7)
model = nn.Sequential(nn.Linear(2, 10), nn.ReLU(), nn.Linear(10, 1), nn.Sigmoid())
optimizer = torch.optim.Adam(model.parameters(), lr=0.01)
loss_of = nn.BCELoss()

losses, accuracies = [], []
began = time.perf_counter()
for _ in range(EPOCHS):
    optimizer.zero_grad()
    outputs = model(x)
    loss = loss_of(outputs, y)
    loss.backward()
    optimizer.step()
    losses.append(loss.item())
    accuracies.append(((outputs > 0.5) == (y > 0.5)).float().mean().item())
seconds = time.perf_counter() - began

torch.save(model.state_dict(), "xor.pt")
print(json.dumps({"training_seconds": seconds, "epochs": EPOCHS, "loss": losses[-1]}))
