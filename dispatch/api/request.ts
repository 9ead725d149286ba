// SPDX-License-Identifier: Apache-2.0
// Parameters of requests, after their JSON schemas have been met.

import { fromHex } from '../../base/bytes.ts';
import { limits } from '../../base/limits.ts';
import type { HttpRequest } from '../../host/http.ts';

export const chainParams = {
  type: 'object',
  properties: { id: { type: 'string', pattern: '^[0-9a-fA-F]{64}$' } },
} as const;

export const limitQuery = {
  type: 'integer',
  minimum: 1,
  maximum: limits.historyPageMax,
  default: 100,
} as const;

export function chainIdOf(request: HttpRequest): Uint8Array {
  return fromHex(textOf(request.params, 'id') ?? '') ?? new Uint8Array();
}

export function textOf(from: HttpRequest['query'], name: string): string | undefined {
  const value = from[name];
  return typeof value === 'string' ? value : undefined;
}

export function countOf(from: HttpRequest['query'], name: string, otherwise: number): number {
  const value = from[name];
  return typeof value === 'number' ? value : otherwise;
}
