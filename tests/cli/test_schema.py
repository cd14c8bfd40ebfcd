"""``schema`` as scripts see it."""

import json


def test_schema_prints_what_editors_can_use(program, tmp_path):
    schema = json.loads(program.run(["schema"], tmp_path).out)
    assert schema["properties"]["training"]
    assert json.loads(program.run(["schema", "config"], tmp_path).out) == schema
    sweeps = json.loads(program.run(["schema", "sweep"], tmp_path).out)
    assert sweeps["properties"]["axes"]
