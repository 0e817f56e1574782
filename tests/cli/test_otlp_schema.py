#!/usr/bin/python3
# SPDX-License-Identifier: Apache-2.0
"""What vigil forward sends as OTLP is what the official schema says (Debian's libopentelemetry-proto-dev, from forky on)."""

import pathlib
import sys

sys.path.insert(0, str(pathlib.Path(__file__).resolve().parents[1] / "support"))
import otlp
import otlp_case
import tap


class Schema(otlp_case.Case):
    def test_the_official_schema_decodes_the_same(self):
        decode = otlp.official()
        if not decode:
            self.skipTest("no official schema: python3-protobuf, and VIGIL_OTLP_PROTO or libopentelemetry-proto-dev")
        receiver = self.receiver()
        self.job()
        self.assert_sent(self.forward(receiver.url))
        self.assert_all([record for body, _ in receiver.taken for record in otlp.records(decode(body))])


if __name__ == "__main__":
    tap.main()
