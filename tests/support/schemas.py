# SPDX-License-Identifier: Apache-2.0
"""The JSON Schemas of what vigil writes, and of what it prints with --json."""

import json
import warnings

import watched

FOLDER = watched.TREE / "core" / "report" / "schema"


def validator(name):
    """A jsonschema validator for the schema NAME, which may refer to its neighbours."""
    with warnings.catch_warnings():
        warnings.simplefilter("ignore", DeprecationWarning)
        import jsonschema  # Debian's: not in every python3
        schemas = {path.name: json.loads(path.read_text()) for path in FOLDER.glob("*.json")}
        resolver = jsonschema.RefResolver(name, schemas[name], store=schemas)
        jsonschema.Draft202012Validator.check_schema(schemas[name])
        return jsonschema.Draft202012Validator(schemas[name], resolver=resolver)
