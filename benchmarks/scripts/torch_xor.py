"""XOR as a person writes it in PyTorch."""

import json
import time

import torch

torch.manual_seed(7)
features = torch.tensor([[0.0, 0.0], [0.0, 1.0], [1.0, 0.0], [1.0, 1.0]])
targets = torch.tensor([[0.0], [1.0], [1.0], [0.0]])
model = torch.nn.Sequential(torch.nn.Linear(2, 10), torch.nn.ReLU(), torch.nn.Linear(10, 1), torch.nn.Sigmoid())
optimizer = torch.optim.Adam(model.parameters(), lr=0.01)
loss_function = torch.nn.BCELoss()
began = time.perf_counter()
for _ in range(1000):
    optimizer.zero_grad()
    outputs = model(features)
    loss = loss_function(outputs, targets)
    loss.backward()
    optimizer.step()
    accuracy = ((outputs > 0.5) == targets.bool()).float().mean()
seconds = time.perf_counter() - began
torch.save(model.state_dict(), "xor.pt")
print(json.dumps({"training_seconds": seconds, "loss": loss.item()}))
