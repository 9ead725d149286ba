// SPDX-License-Identifier: Apache-2.0
// What a gateway that runs says of its meters, its uplink and the other members: its lines and its
// place at the broker are taken, so they are not tried a second time.

import type { PollerStatus } from '../poller.ts';
import type { GatewayStatus } from '../status.ts';
import type { Finding } from './finding.ts';

export function checkRunning(status: GatewayStatus): readonly Finding[] {
  return [uplinkFinding(status), ...memberFindings(status), ...meterFindings(status)];
}

const usualAdvice = 'check `mqtt` in the configuration, and that the broker runs';

function uplinkFinding({ uplink }: GatewayStatus): Finding {
  if (uplink.connected) {
    return { area: 'broker', state: 'good', what: 'the running gateway is connected' };
  }
  const { reason = 'no try has ended yet', hint = usualAdvice } = uplink.problem ?? {};
  const what = `the running gateway is not connected: ${reason}; it keeps what it has to send`;
  return { area: 'broker', state: 'bad', what, advice: hint };
}

function memberFindings({ ledger }: GatewayStatus): readonly Finding[] {
  return ledger.peers.map(({ name, isConnected, differs }): Finding => {
    const area = 'network';
    if (differs) {
      const advice = 'run `tieline chain verify` on both: one of them was altered';
      return { area, state: 'bad', what: `member ${name} has other blocks`, advice };
    }
    if (isConnected) return { area, state: 'good', what: `member ${name} is connected` };
    const advice = 'does it run, and do `listen` there and `peers` here name one address?';
    return { area, state: 'attention', what: `member ${name} is not connected`, advice };
  });
}

const area = 'meters';
const tryItself = 'stop the gateway and run this again: it then tries the line itself';

function meterFindings({ meters, missing }: GatewayStatus): readonly Finding[] {
  const notFound = missing.map(
    ({ name, fault, hint }): Finding => ({
      ...{ area, state: 'bad', what: `${name} was not found: ${fault}`, advice: adviceAfter(hint) },
    }),
  );
  return [...meters.map(meterFinding), ...notFound];
}

function meterFinding(meter: PollerStatus): Finding {
  const { device, fault, hint, readCount, failureCount, missedCount } = meter;
  const counts = `${readCount} read, ${failureCount} failed, ${missedCount} missed`;
  if (fault !== undefined) {
    const what = `${device} is silent: ${fault} (${counts})`;
    return { area, state: 'bad', what, advice: adviceAfter(hint) };
  }
  if (missedCount * 100 > readCount) {
    const advice = 'the line has too little time: `tieline plan` tells what to change';
    return { area, state: 'attention', what: `${device} is read too seldom: ${counts}`, advice };
  }
  return { area, state: 'good', what: `${device} answers: ${counts}` };
}

function adviceAfter(hint: string | undefined): string {
  return hint === undefined ? tryItself : `${hint}\n${tryItself}`;
}
