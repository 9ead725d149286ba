// SPDX-License-Identifier: Apache-2.0
// The main log for everybody, without a token: its checkpoint and the hashes of its tree, as C2SP
// tlog-tiles. A hash says nothing of whom it is about, and proves to whoever has the statement that it
// stands there. Nothing is written here.

import { limits } from '../../base/limits.ts';
import type { HttpRequest } from '../../host/http.ts';
import { type HttpResponse, problem } from '../../host/http-problem.ts';
import type { Ordering } from '../ordering/ordering.ts';
import { type Tile, tileLevelMax } from '../ordering/tiles.ts';
import { type ApiRoute, forbidden, type PathShape } from './access.ts';
import { file, problemAnswer, text } from './answer-schema.ts';

export type PublicLogOptions = {
  readonly ordering: Pick<Ordering, 'tile'>;
  /** As it is served: with the lines of the witnesses. */
  readonly checkpoint: () => Promise<string>;
};

const digits = { type: 'string', pattern: '^\\d{3}$' } as const;

/**
 * `<N>` in groups of three digits, with `x` before all but the last; behind it the width of a tile
 * that is not full yet.
 */
const tileShapes: readonly PathShape[] = [0, 1, 2, 3, 4].flatMap((groupCount) => {
  const groups = Array.from({ length: groupCount }, (_, i) => `group${i + 1}`);
  const path = ['/public/tile/:level', ...groups.map((name) => `x:${name}`), ':number'].join('/');
  const level = { type: 'string', pattern: '^\\d$', description: '0: of the leaves' };
  const named = Object.fromEntries([...groups, 'number'].map((name) => [name, digits]));
  const width = { type: 'string', pattern: '^[1-9]\\d{0,2}$', description: 'hashes, below 256' };
  const suffix = groupCount === 0 ? '' : `X${groupCount}`;
  return [
    { path, suffix, paramsSchema: { properties: { level, ...named } } },
    {
      path: `${path}.p/:width`,
      suffix: `${suffix}Partial`,
      paramsSchema: { properties: { level, ...named, width } },
    },
  ];
});

/** Wherever it is asked; here for the one path that has a name, and for any other. */
const writeShapes: readonly PathShape[] = [
  { path: '/public/checkpoint', suffix: 'Checkpoint' },
  { path: '/public/:path', suffix: '', paramsSchema: { properties: { path: { type: 'string' } } } },
];

const noTile = problemAnswer('The log does not have this tile, or not yet.');

export function publicLogRoutes({ ordering, checkpoint }: PublicLogOptions): readonly ApiRoute[] {
  return [
    {
      method: 'GET',
      path: '/public/checkpoint',
      operation: 'getPublicCheckpoint',
      keeping: 'ask-again',
      answers: { 200: text('The signed note (C2SP tlog-checkpoint).') },
      right: 'open',
      description: 'The newest checkpoint of the main log, with the lines of its witnesses.',
      handler: async () => ({ status: 200, body: await checkpoint() }),
    },
    {
      method: 'GET',
      path: '/public/tile/*',
      operation: 'getPublicTile',
      shapes: tileShapes,
      answers: { 200: file('Hashes, 32 bytes each.', 'application/octet-stream'), 404: noTile },
      right: 'open',
      description: 'A tile of the hashes of the main log (C2SP tlog-tiles): tile/<L>/<N>[.p/<W>].',
      handler: (request) => answer(ordering, request),
    },
    ...(['POST', 'PUT', 'PATCH', 'DELETE'] as const).map(
      (method): ApiRoute => ({
        method,
        path: '/public/*',
        operation: `${method.toLowerCase()}Public`,
        shapes: writeShapes,
        answers: { 403: problemAnswer('Nothing is written here.') },
        right: 'open',
        description: 'Nothing is written here.',
        rawBody: true,
        handler: () => forbidden('this is for reading alone: nothing is written here'),
      }),
    ),
  ];
}

async function answer(
  ordering: PublicLogOptions['ordering'],
  { params }: HttpRequest,
): Promise<HttpResponse> {
  const tile = parseTilePath(String(params['*']));
  const bytes = tile && (await ordering.tile(tile));
  if (bytes === undefined) return problem(404, 'the log does not have this tile, or not yet');
  const headers = { 'cache-control': 'public, max-age=31536000, immutable' };
  return { status: 200, headers, body: bytes };
}

/** `0/x001/067`, `1/000.p/5`; undefined for what is none. Attacker-controlled. */
export function parseTilePath(path: string): Tile | undefined {
  if (path.length > limits.httpParameterCharactersMax) return undefined;
  const [, levelText, high = '', low, widthText] =
    /^(\d)\/((?:x\d{3}\/){0,4})(\d{3})(?:\.p\/([1-9]\d{0,2}))?$/.exec(path) ?? [];
  const level = Number(levelText);
  const width = widthText === undefined ? 256 : Number(widthText);
  if (low === undefined || level > tileLevelMax || (widthText !== undefined && width > 255)) {
    return undefined;
  }
  // No leading zeros: each tile has one name.
  if (high.startsWith('x000/')) return undefined;
  const index = Number(high.replace(/[x/]/g, '') + low);
  return { level, index, width };
}
