# SPDX-License-Identifier: Apache-2.0
# Reads a telegram with dsmr-parser, or an SML file with smllib, and prints its values by OBIS code: a second
# opinion on our simulated meters. Arguments: "p1" or "sml", the bytes as hex; "p1" and two keys for a sealed one.
import json
import sys

kind, data = sys.argv[1], bytes.fromhex(sys.argv[2])
values = {}
if kind == "p1":
    from dsmr_parser import telegram_specifications
    from dsmr_parser.parsers import TelegramParser

    if len(sys.argv) > 3:
        parser = TelegramParser(telegram_specifications.MSN)
        telegram = parser.parse(sys.argv[2], sys.argv[3], sys.argv[4])
    else:
        telegram = TelegramParser(telegram_specifications.V5).parse(data.decode("ascii"))
    for name, item in telegram:
        value = getattr(item, "value", None)
        if getattr(item, "unit", None) is not None:
            values[name] = f"{value} {item.unit}"
else:
    from smllib import SmlStreamReader

    stream = SmlStreamReader()
    stream.add(data)
    frame = stream.get_frame()
    for entry in frame.get_obis():
        if entry.unit is not None:
            values[str(entry.obis)] = [int(entry.value), int(entry.scaler or 0), int(entry.unit)]
print(json.dumps(values))
