# SPDX-License-Identifier: Apache-2.0
# Serves values with pymodbus: a meter that we did not write, to be read by our master. What is not listed does
# not exist, so a read across a hole is refused.
# Argument: {"port", "framer": "socket" | "rtu", "unit", "values": [[address, "float32" | "uint32", value] ...]}
import asyncio
import json
import sys

from pymodbus import FramerType
from pymodbus.server import ModbusTcpServer
from pymodbus.simulator import DataType, SimData, SimDevice

types = {"float32": (DataType.FLOAT32, float), "uint32": (DataType.UINT32, int)}


async def main():
    asked = json.loads(sys.argv[1])
    data = [
        SimData(address, values=types[kind][1](value), datatype=types[kind][0])
        for address, kind, value in sorted(asked["values"])
    ]
    server = ModbusTcpServer(
        SimDevice(asked["unit"], data),
        framer=FramerType(asked["framer"]),
        address=("127.0.0.1", asked["port"]),
    )
    await server.serve_forever(background=True)
    print("ready", flush=True)
    await asyncio.Event().wait()


asyncio.run(main())
