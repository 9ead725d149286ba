// SPDX-License-Identifier: Apache-2.0
// What may happen to gateways besides what may happen to any machine.

import type { FaultPorts } from '../world/faults.ts';
import { newFile } from './founding.ts';
import type { Machine } from './machine.ts';
import type { GatewayWorld } from './world.ts';

const hourMs = 3_600_000;

export function gatewayFaultsOf(world: GatewayWorld): FaultPorts<Machine> {
  const random = world.random.stream('gateway faults');
  const mayLose = (victim: Machine): boolean => !victim.isLost && world.maySpare([victim.id]);
  return {
    world,
    mayLose,
    more: {
      // Found out at a start, or when somebody needs it.
      'bit-rot': (victim) => {
        if (!mayLose(victim) || !victim.disk.rot()) return false;
        victim.isRotten = true;
        if (random.chance(0.5)) victim.crash('a bit rots');
        world.timeline.after(random.between(500, 3_000), () => victim.start());
        return undefined;
      },
      'clock-jump': ({ clock }) => {
        clock.trust = random.any(['synchronised', 'free-running', 'unset']);
        clock.jumpMs = random.between(-hourMs, hourMs);
        return undefined;
      },
      'older-copy': (victim) => {
        const isNew = random.chance(0.3);
        const copy = isNew ? newFile(world.founding, victim.signer.keyId) : victim.disk.copy();
        const heldMs = isNew ? 0 : world.timeline.nowMs;
        world.timeline.after(random.between(1_000, 20_000), () => {
          if (!world.isCalm && mayLose(victim)) victim.takeBack(copy, heldMs);
        });
        return mayLose(victim);
      },
    },
  };
}
