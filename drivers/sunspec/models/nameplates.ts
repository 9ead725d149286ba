// SPDX-License-Identifier: Apache-2.0
// Who made the device: model 1. Facts from github.com/sunspec/models at commit 7abdf89, Apache-2.0;
// ../model-definition.ts says how to read them.

import type { ModelRow } from '../model-definition.ts';

export const nameplates: readonly ModelRow[] = [
  {
    names: { 1: 'common' },
    points: `
      Mn:string*16 Md:string*16 Opt:string*8 Vr:string*8 SN:string*16 DA:uint16 Pad:pad`,
  },
];
