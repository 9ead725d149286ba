// SPDX-License-Identifier: Apache-2.0
// Times that are signed: milliseconds since 1970, no leap seconds. Bounded to what RFC 3339 can write (year
// 9999), so that no time from outside breaks a program that prints it or adds a window to it.

import { uint } from './fields.ts';
import { limits } from './limits.ts';

export const unixMsField = uint(limits.unixMsMax);
