# SPDX-License-Identifier: Apache-2.0
# Reads registers with pymodbus and prints them: a second opinion on our simulated meters.
# Argument: {"port", "framer": "socket" | "rtu", "unit", "functionCode", "spans": [[address, count] ...]}
import json
import sys

from pymodbus import FramerType
from pymodbus.client import ModbusTcpClient

asked = json.loads(sys.argv[1])
client = ModbusTcpClient("127.0.0.1", port=asked["port"], framer=FramerType(asked["framer"]))
if not client.connect():
    sys.exit("no connection")
read = client.read_holding_registers if asked["functionCode"] == 3 else client.read_input_registers
answers = []
for address, count in asked["spans"]:
    answer = read(address, count=count, device_id=asked["unit"])
    answers.append(answer.exception_code if answer.isError() else answer.registers)
client.close()
print(json.dumps(answers))
