// SPDX-License-Identifier: Apache-2.0
// A write is believed by what is read back. A late answer to whatever was asked before is never taken for
// that, however late it comes.

import { expect, test } from 'vitest';
import { answerCoils } from '../../../../drivers/simulator/write-requests.ts';
import { laggingLine } from './lagging-line.ts';

const place = { unit: 1, address: 0 } as const;
const rounds = 30;

/** Two coils; whatever else it is asked for it refuses. */
function relayModule(cut: number) {
  const coils: [number, number] = [0, 0];
  const answer = (pdu: Uint8Array) =>
    pdu[0] === 1 || pdu[0] === 15
      ? answerCoils(pdu, coils)
      : Uint8Array.of((pdu[0] ?? 0) | 0x80, 1);
  return { ...laggingLine(answer, { cut }), coils };
}

/** Never twice the same within a few rounds. */
const coilsOf = (round: number) => [round & 1, (round >> 1) & 1] as const;

const lags = [1, 2, 3, 4, 5].flatMap((behind) => [1, 3, 6].map((cut) => [behind, cut] as const));

test.concurrent.each(lags)(
  'coils %i answers behind, cut at %i: as they are',
  async (behind, cut) => {
    const { line, lag, coils } = relayModule(cut);
    let answered = 0;
    for (let round = 0; round < rounds; round++) {
      lag.behind = round >= 2 && round < 12 ? behind : 0;
      [coils[0], coils[1]] = coilsOf(round);
      const answer = await line.readCoils({ ...place, count: 2 });
      if (!answer.ok) continue;
      expect(answer.registers).toEqual(coilsOf(round));
      answered++;
    }
    expect(answered).toBeGreaterThan(4);
    await line.close();
  },
);

test.concurrent.each(lags)('read back %i answers behind, cut at %i', async (behind, cut) => {
  const { line, lag, coils } = relayModule(cut);
  let confirmed = 0;
  for (let round = 0; round < rounds; round++) {
    lag.behind = round >= 2 && round < 12 ? behind : 0;
    const wanted = coilsOf(round);
    const written = await line.write({ ...place, functionCode: 15, values: wanted });
    expect(coils).toEqual(wanted);
    // Somebody else's hand.
    if (round % 3 === 0) coils[0] = 1 - coils[0];
    const answer = await line.readCoils({ ...place, count: 2 });
    if (answer.ok) expect(answer.registers).toEqual(coils);
    if (answer.ok && written.ok) confirmed++;
  }
  expect(confirmed).toBeGreaterThan(4);
  await line.close();
});

test('a write is sent, whatever is outstanding', async () => {
  const { line, lag, coils } = relayModule(8);
  lag.behind = 9;
  for (const values of [
    [1, 0],
    [0, 0],
    [1, 1],
  ] as const) {
    await line.write({ ...place, functionCode: 15, values });
    expect(coils).toEqual(values);
  }
  await line.close();
});
