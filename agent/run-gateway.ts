// SPDX-License-Identifier: Apache-2.0
// A gateway from its first start to its end, as a process runs it: it starts again by itself where what is
// in memory is of no use any more, for another member has given it a state, or it goes on under another key.

import { TielineError } from '../base/errors.ts';
import { untilEnded } from '../host/exit.ts';
import { createLog } from '../host/log.ts';
import { loadGatewayConfig } from './config.ts';
import { startGateway } from './gateway.ts';
import { changeKey, finishKeyChange, keyChanged } from './key-change.ts';

/** Resolves when it was asked to end. @throws what ends a gateway. */
export async function runGateway(
  configPath: string,
  given: {
    readonly print: (line: string) => void;
    readonly ending: AbortSignal;
    readonly onWaiting?: () => void;
  },
): Promise<void> {
  const { print, ...waiting } = given;
  let config = loadGatewayConfig(configPath);
  const log = createLog(config.log);
  await finishKeyChange(config);
  for (;;) {
    const gateway = await startGateway(config, log, waiting);
    print(`ready gateway ${gateway.keyId} chain ${gateway.chainId} api ${gateway.apiUrl}`);
    try {
      await Promise.race([untilEnded(given.ending), gateway.finished]);
      await gateway.close();
      return;
    } catch (error) {
      const code = error instanceof TielineError ? error.code : undefined;
      if (code !== 'snapshot-installed' && code !== keyChanged) throw error;
      await gateway.close();
      if (code !== keyChanged) continue;
      await changeKey(config, { unsealed: gateway.takeHeld(), log });
      // The broker may know it by another certificate now.
      config = loadGatewayConfig(configPath);
    }
  }
}
