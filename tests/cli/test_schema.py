"""``schema`` and ``init`` as scripts see them."""

import json

import yaml


def test_schema_and_init_print_what_can_be_used(program, tmp_path):
    schema = json.loads(program.run(["schema"], tmp_path).out)
    assert schema["properties"]["training"]
    assert json.loads(program.run(["schema", "config"], tmp_path).out) == schema
    sweeps = json.loads(program.run(["schema", "sweep"], tmp_path).out)
    assert sweeps["properties"]["axes"]
    starter = program.run(["init", "csv"], tmp_path).out
    assert yaml.safe_load(starter)["data"]["source"] == "csv"
