# SPDX-License-Identifier: Apache-2.0
"""Whether an OpenAPI document on standard input is one, by the specification's own schemas."""

import json
import sys

from openapi_spec_validator import OpenAPIV31SpecValidator

errors = list(OpenAPIV31SpecValidator(json.load(sys.stdin)).iter_errors())
for error in errors:
    print(f"{list(error.absolute_path)}: {error.message}", file=sys.stderr)
sys.exit(1 if errors else 0)
