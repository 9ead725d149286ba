# SPDX-License-Identifier: Apache-2.0
# Reads a SunSpec device with pysunspec2 and prints what it makes of the first inverter and meter. Argument: the port.
import json
import sys

from sunspec2.modbus.client import SunSpecModbusClientDeviceTCP

device = SunSpecModbusClientDeviceTCP(slave_id=1, ipaddr="127.0.0.1", ipport=int(sys.argv[1]))
device.scan()
points = {"inverter": (103, ["W", "WH", "PhVphA", "Hz"]), "meter": (203, ["W", "TotWhImp", "PhVphA"])}
print(
    json.dumps(
        {
            "models": sorted(key for key in device.models if isinstance(key, int)),
            **{
                name: {point: device.models[model][0].points[point].cvalue for point in names}
                for name, (model, names) in points.items()
            },
        }
    )
)
device.close()
