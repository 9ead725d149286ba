// SPDX-License-Identifier: Apache-2.0
// A broker inside a Node process, for machines without mosquitto. It speaks MQTT 3.1.1 alone.

import { createServer } from 'node:net';
import { Aedes } from 'aedes';

const port = Number(process.argv[2]);
const aedes = await Aedes.createBroker();
const server = createServer(aedes.handle);
server.listen(port, '127.0.0.1', () => {
  process.stdout.write(`ready mqtt://127.0.0.1:${port}\n`);
});
process.once('SIGTERM', () => {
  aedes.close(() => server.close(() => process.exit(0)));
});
