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
      'clock-jump': ({ clock }) => {
        clock.trust = random.any(['synchronised', 'free-running', 'unset']);
        clock.jumpMs = random.between(-hourMs, hourMs);
        return undefined;
      },
      'older-copy': (victim) => {
        const { disk, signer } = victim;
        const copy = random.chance(0.3) ? newFile(world.founding, signer.keyId) : disk.copy();
        world.timeline.after(random.between(1_000, 20_000), () => {
          if (mayLose(victim)) victim.takeBack(copy);
        });
        return mayLose(victim);
      },
    },
  };
}
