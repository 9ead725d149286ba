// SPDX-License-Identifier: Apache-2.0
// When the simulated SunSpec device parts from the grid (models 707 to 710): two sets of curves of two
// points each, of which the first is what holds, and the second is there to be filled. To be read only.

import type { SunspecModel } from './sunspec-registers.ts';

const pointsMax = 2;
const sets = 2;
/** Percent of the nominal voltage, or Hz, and seconds. */
type TripPoint = readonly [level: number, seconds: number];

type Trip = {
  readonly id: number;
  readonly quantity: 'V' | 'Hz';
  /** Registers a level takes. */
  readonly width: number;
  /** Of its scale factor. */
  readonly exponent: number;
  readonly curve: readonly TripPoint[];
};

const voltage = { quantity: 'V', width: 1, exponent: -1 } as const;
const frequency = { quantity: 'Hz', width: 2, exponent: -2 } as const;

const trips: readonly Trip[] = [
  {
    ...{ id: 707, ...voltage },
    curve: [
      [80, 3],
      [45, 0.3],
    ],
  },
  {
    ...{ id: 708, ...voltage },
    curve: [
      [110, 60],
      [125, 0.1],
    ],
  },
  { ...{ id: 709, ...frequency }, curve: [[47.5, 0.1]] },
  { ...{ id: 710, ...frequency }, curve: [[51.5, 0.1]] },
];

/** What a set of curves takes: its access, and three times a count and the points. */
const setLength = (width: number) => 1 + 3 * (1 + pointsMax * (width + 2));
const timeExponent = -2;

export const tripModels: readonly SunspecModel[] = trips.map((trip) => ({
  id: trip.id,
  length: 7 + sets * setLength(trip.width),
  points: {
    ...{ Ena: 1, AdptCrvReq: 0, AdptCrvRslt: 1, NPt: pointsMax, NCrvSet: sets },
    ...{ [`${trip.quantity}_SF`]: trip.exponent, Tms_SF: timeExponent },
    ...{ 'Crv[1].ReadOnly': 1, 'Crv[2].ReadOnly': 0 },
    ...{ 'Crv[1].MustTrip.ActPt': trip.curve.length, 'Crv[2].MustTrip.ActPt': 0 },
    ...{ 'Crv[1].MayTrip.ActPt': 0, 'Crv[2].MayTrip.ActPt': 0 },
    ...Object.fromEntries(trip.curve.flatMap((point, i) => mustTripPoint(trip, point, i + 1))),
  },
}));

function mustTripPoint(
  { quantity, exponent }: Trip,
  [level, seconds]: TripPoint,
  place: number,
): readonly (readonly [string, number])[] {
  const path = `Crv[1].MustTrip.Pt[${place}]`;
  return [
    [`${path}.${quantity}`, Math.round(level * 10 ** -exponent)],
    [`${path}.Tms`, Math.round(seconds * 10 ** -timeExponent)],
  ];
}
