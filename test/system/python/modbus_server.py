# SPDX-License-Identifier: Apache-2.0
# Serves values with pymodbus: a meter that we did not write, to be read by our master. What is not listed does
# not exist, so a read across a hole is refused.
# Argument: {"port" or "tty", "framer": "socket" | "rtu", "unit", "values": [[address, "float32" | "int32" …, order of words, value] ...]}
import asyncio
import json
import struct
import sys

from pymodbus import FramerType
from pymodbus.server import ModbusSerialServer, ModbusTcpServer
from pymodbus.simulator import DataType, SimData, SimDevice

floats = {"float32": ">f", "float64": ">d"}
integers = {"uint64": ">Q", "int64": ">q", "uint32": ">I", "int32": ">i", "uint16": ">H", "int16": ">h"}


def words(kind, value, order):
    form = floats.get(kind)
    packed = struct.pack(form, value) if form else struct.pack(integers[kind], round(value))
    registers = list(struct.unpack(f">{len(packed) // 2}H", packed))
    return registers[::-1] if order == "low-word-first" else registers


async def main():
    asked = json.loads(sys.argv[1])
    data = [
        SimData(address, values=words(kind, value, order), datatype=DataType.REGISTERS)
        for address, kind, order, value in sorted(asked["values"])
    ]
    device, framer = SimDevice(asked["unit"], data), FramerType(asked["framer"])
    if "tty" in asked:
        server = ModbusSerialServer(device, framer=framer, port=asked["tty"], baudrate=9600)
    else:
        server = ModbusTcpServer(device, framer=framer, address=("127.0.0.1", asked["port"]))
    await server.serve_forever(background=True)
    print("ready", flush=True)
    await asyncio.Event().wait()


asyncio.run(main())
