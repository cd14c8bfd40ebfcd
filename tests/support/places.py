"""Where things lie in the repository."""

from pathlib import Path

REPOSITORY = Path(__file__).parent.parent.parent
XOR = REPOSITORY / "configs" / "xor.yaml"
IRIS = REPOSITORY / "configs" / "iris.yaml"
