// SPDX-License-Identifier: Apache-2.0
// A broker inside a Node process, for machines without mosquitto. It speaks MQTT 3.1.1 alone.

import { once } from 'node:events';
import { createServer } from 'node:net';
import { Aedes } from 'aedes';
import { run, untilEnded } from '../../host/exit.ts';

await run(async (ending) => {
  const aedes = await Aedes.createBroker();
  const server = createServer(aedes.handle).listen(Number(process.argv[2]), '127.0.0.1');
  await once(server, 'listening');
  process.stdout.write(`ready mqtt://127.0.0.1:${process.argv[2]}\n`);
  await untilEnded(ending);
  await new Promise<void>((resolve) => aedes.close(resolve));
  server.close();
  return 0;
});
