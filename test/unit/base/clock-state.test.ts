// SPDX-License-Identifier: Apache-2.0
// Clock states as they travel.

import { expect, test } from 'vitest';
import { type Clock, clockField } from '../../../base/clock-state.ts';

test.each<[Clock, readonly [number, number | null]]>([
  [{ state: 'synchronised', errorMs: 12 }, [0, 12]],
  [{ state: 'free-running', errorMs: null }, [1, null]],
  [{ state: 'unset', errorMs: null }, [2, null]],
])('%j travels as %j', (clock, wire) => {
  expect(clockField.write(clock)).toEqual(wire);
  expect(clockField.read(wire, 'clock')).toEqual({ ok: true, value: clock });
});

test.each([[[3, null]], [[0]], [[0, -1]], [[0, null, 0]], [['unset', null]], [null]])(
  'refuses %j',
  (wire) => expect(clockField.read(wire, 'clock')).toMatchObject({ ok: false, code: 'form' }),
);
