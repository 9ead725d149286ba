// SPDX-License-Identifier: Apache-2.0
// Whether the wall clock is set, and by whom it is kept. Every reading carries this state.

import type { Clock } from '../../host/clock.ts';
import type { Finding } from './finding.ts';

export function checkClock(clock: Pick<Clock, 'state' | 'nowMs'>): Finding {
  const { state, errorMs } = clock.state();
  const now = new Date(clock.nowMs()).toISOString();
  switch (state) {
    case 'synchronised': {
      const within = errorMs === null ? '' : `, within ${errorMs} ms`;
      return { area: 'clock', state: 'good', what: `synchronised${within}: ${now}` };
    }
    case 'free-running':
      return {
        area: 'clock',
        state: 'attention',
        what: `set, and kept by nobody: ${now}`,
        advice: 'run chrony or systemd-timesyncd: `timedatectl set-ntp true`, `timedatectl status`',
      };
    case 'unset':
      return {
        area: 'clock',
        state: 'bad',
        what: `never set since power came: ${now}`,
        advice: 'give it a time server (`timedatectl set-ntp true`), or a clock with a battery',
      };
  }
}
