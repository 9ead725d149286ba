# SPDX-License-Identifier: Apache-2.0
# The same registers with pymodbus, as its documentation shows it and its users write it: one request a
# register, one device after another, a time-out of a second. Arguments as for tty-tieline.ts, and "registers":
# [[address, count] ...].
import json
import sys
import time

from pymodbus.client import ModbusSerialClient
from pymodbus.exceptions import ModbusException

asked = json.loads(sys.argv[1])
client = ModbusSerialClient(asked["path"], baudrate=asked["baudRate"], timeout=1)
if not client.connect():
    sys.exit("no connection")


def read_all(unit):
    for address, count in asked["registers"]:
        try:
            answer = client.read_input_registers(address, count=count, device_id=unit)
        except ModbusException:
            client.connect()
            return False
        if answer.isError():
            return False
    return True


readings = 0
start = time.monotonic() + asked["warmUpMs"] / 1000
end = start + asked["runMs"] / 1000
while time.monotonic() < end:
    for unit in asked["units"]:
        if read_all(unit) and time.monotonic() > start:
            readings += 1
seconds = time.monotonic() - start
print(json.dumps({"readingsPerSecond": readings / seconds, "cpu": time.process_time() / seconds}))
