# SPDX-License-Identifier: Apache-2.0
# Reads a SunSpec device with pysunspec2 and prints what it makes of the first inverter and meter, and when it trips. Argument: the port.
import json
import sys

from sunspec2.modbus.client import SunSpecModbusClientDeviceTCP

device = SunSpecModbusClientDeviceTCP(slave_id=1, ipaddr="127.0.0.1", ipport=int(sys.argv[1]))
device.scan()
points = {"inverter": (103, ["W", "WH", "PhVphA", "Hz"]), "meter": (203, ["W", "TotWhImp", "PhVphA"])}
trips = {}
for model, level in [(707, "V"), (708, "V"), (709, "Hz"), (710, "Hz")]:
    trip = device.models[model][0]
    curves = trip.groups["Crv"]
    active = curves[0].groups["MustTrip"]
    count = active.points["ActPt"].cvalue
    trips[model] = {
        "curves": len(curves),
        "points": [[p.points[level].cvalue, p.points["Tms"].cvalue] for p in active.groups["Pt"][:count]],
    }
print(
    json.dumps(
        {
            "trips": trips,
            "models": sorted(key for key in device.models if isinstance(key, int)),
            **{
                name: {point: device.models[model][0].points[point].cvalue for point in names}
                for name, (model, names) in points.items()
            },
        }
    )
)
device.close()
