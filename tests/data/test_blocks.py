"""Rows are read a block at a time."""

import numpy as np
import pytest

from dltool.data.blocks import made_ahead


def test_blocks_come_in_their_order_and_an_error_where_it_arose():
    def make(block):
        if block[0] == 6:
            raise KeyError("six")
        return block.sum()

    blocks = np.arange(9).reshape(3, 3)
    seen = []
    with pytest.raises(KeyError, match="six"):
        for made in made_ahead(make, blocks):
            seen.append(made)
    assert seen == [3, 12]
    assert list(made_ahead(len, [])) == []
