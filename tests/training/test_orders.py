"""Orders are TensorFlow's own."""

import tensorflow as tf
from hypothesis import given
from hypothesis import strategies as st

from dltool.training.orders import FEW_ROWS, orders_of_few_rows


@given(rows=st.integers(1, FEW_ROWS), seed=st.integers(0, 2**31 - 1), first=st.integers(1, 2**31 - 20))
def test_each_epoch_has_the_order_that_tensorflow_draws(rows, seed, first):
    drawn = orders_of_few_rows(rows, seed, first, 9)
    assert drawn.dtype == "int32"
    for epoch, order in enumerate(drawn, first):
        expected = tf.random.experimental.stateless_shuffle(tf.range(rows), seed=[seed, epoch])
        assert order.tolist() == expected.numpy().tolist()
