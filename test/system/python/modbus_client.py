# SPDX-License-Identifier: Apache-2.0
# Reads registers with pymodbus and prints them: a second opinion on our simulated meters.
# Argument: {"port" or "tty", "framer": "socket" | "rtu", "unit", "functionCode", "spans": [[address, count] ...]}
import json
import sys

from pymodbus import FramerType
from pymodbus.client import ModbusSerialClient, ModbusTcpClient

asked = json.loads(sys.argv[1])
framer = FramerType(asked["framer"])
if "tty" in asked:
    client = ModbusSerialClient(asked["tty"], framer=framer, baudrate=9600, timeout=10)
else:
    client = ModbusTcpClient("127.0.0.1", port=asked["port"], framer=framer)
if not client.connect():
    sys.exit("no connection")
read = client.read_holding_registers if asked["functionCode"] == 3 else client.read_input_registers
answers = []
for address, count in asked["spans"]:
    answer = read(address, count=count, device_id=asked["unit"])
    answers.append(answer.exception_code if answer.isError() else answer.registers)
client.close()
print(json.dumps(answers))
