// SPDX-License-Identifier: Apache-2.0
// Columns of the history's rows and the queries over them, alike in both databases: what is asked
// of one is asked of the other. Lists that hold nothing are null: most rows have nothing to tell
// there.

import type { SqlValue } from '../../host/sqlite.ts';
import type { HistoryRow } from './history-row.ts';
import type { HistoryQuery, Register, RegisterQuery } from './history-store.ts';

export const historyColumns = [
  'chain_id',
  'start_ms',
  'height',
  'output_index',
  'device',
  'obis',
  'unit',
  'window_ms',
  'revision',
  'quality',
  'reason',
  'first_value',
  'last_value',
  'min_value',
  'max_value',
  'mean_value',
  'delta_value',
  'reading_count',
  'expected_count',
  'missing',
  'screened',
  'events',
  'definition',
] as const;

/** In the order of `historyColumns`. */
export function historyValues(row: HistoryRow): SqlValue[] {
  return [
    row.chainId,
    row.startMs,
    row.height,
    row.outputIndex,
    row.device,
    row.obis,
    row.unit,
    row.windowMs,
    row.revision,
    row.quality,
    row.reason,
    row.first,
    row.last,
    row.min,
    row.max,
    row.mean,
    row.delta,
    row.count,
    row.expectedCount,
    row.missing.length > 0 ? JSON.stringify(row.missing) : null,
    row.screened.some((count) => count !== 0) ? JSON.stringify(row.screened) : null,
    row.events.length > 0 ? JSON.stringify(row.events) : null,
    row.definition,
  ];
}

/**
 * The row as it lies there. A database may be altered by others: what has not the form of its
 * column is shown as nothing, so that it differs from what was proven instead of hiding a page.
 */
export function historyRowFrom(row: Readonly<Record<string, unknown>>): HistoryRow {
  const screened = listOf(row.screened).map(Number);
  return {
    chainId: row.chain_id instanceof Uint8Array ? new Uint8Array(row.chain_id) : new Uint8Array(),
    startMs: Number(row.start_ms),
    height: Number(row.height),
    outputIndex: Number(row.output_index),
    device: textOf(row.device),
    obis: textOf(row.obis),
    unit: textOf(row.unit),
    windowMs: Number(row.window_ms),
    revision: Number(row.revision),
    quality: textOf(row.quality),
    reason: textOf(row.reason),
    first: decimalOf(row.first_value),
    last: decimalOf(row.last_value),
    min: decimalOf(row.min_value),
    max: decimalOf(row.max_value),
    mean: decimalOf(row.mean_value),
    delta: decimalOf(row.delta_value),
    count: Number(row.reading_count),
    expectedCount: Number(row.expected_count),
    missing: pairsOf(row.missing).map(([from, to]) => [Number(from), Number(to)]),
    screened: screened.length > 0 ? screened : [0, 0, 0, 0],
    events: pairsOf(row.events).map(([event, timeMs]) => [String(event), Number(timeMs)]),
    definition: textOf(row.definition),
  };
}

function textOf(value: unknown): string {
  return typeof value === 'string' ? value : '';
}

function decimalOf(value: unknown): string | null {
  return typeof value === 'string' ? value : null;
}

function pairsOf(value: unknown): readonly (readonly [unknown, unknown])[] {
  return listOf(value).filter(
    (item): item is [unknown, unknown] => Array.isArray(item) && item.length === 2,
  );
}

/** JSON as text, or read already by the driver. */
function listOf(value: unknown): readonly unknown[] {
  if (typeof value !== 'string') return Array.isArray(value) ? value : [];
  try {
    const parsed: unknown = JSON.parse(value);
    return Array.isArray(parsed) ? parsed : [];
  } catch {
    return [];
  }
}

/** With `?` for the device, and for the chain behind which the next is sought. */
export function selectChainWith(table: string): string {
  return `SELECT chain_id FROM ${table}
    WHERE device = ? AND chain_id > ? ORDER BY chain_id LIMIT 1`;
}

/** With `?` for each of `params`: the first register behind `after` by device and name. */
export function selectRegister(
  { chainId, device, after }: RegisterQuery,
  table: string,
): { readonly sql: string; readonly params: readonly SqlValue[] } {
  const conditions = ['chain_id = ?'];
  const params: SqlValue[] = [chainId];
  if (device !== undefined) {
    conditions.push('device = ?');
    params.push(device);
  }
  if (after !== undefined) {
    conditions.push('(device, obis) > (?, ?)');
    params.push(after.device, after.obis);
  }
  const sql = `SELECT device, obis FROM ${table} WHERE ${conditions.join(' AND ')}
    ORDER BY device, obis LIMIT 1`;
  return { sql, params };
}

export function registerFrom(row: Readonly<Record<string, unknown>>): Register {
  return { device: textOf(row.device), obis: textOf(row.obis) };
}

/**
 * With `?` for each of `params`; a text in it holds none. `index`: words behind the table that name
 * the one to use, for a database that knows better than its planner.
 */
export function selectHistory(
  query: HistoryQuery,
  table: string,
  index = '',
): { readonly sql: string; readonly params: readonly SqlValue[] } {
  const conditions = ['s.chain_id = ?', 's.start_ms >= ?', 's.start_ms < ?'];
  // A page begins where the one before ended, also in the index.
  const fromMs = Math.max(query.fromMs, query.after?.startMs ?? 0);
  const params: SqlValue[] = [query.chainId, fromMs, query.toMs];
  if (query.devices !== 'all') {
    if (query.devices.size === 0) conditions.push('1 = 0');
    else conditions.push(`s.device IN (${[...query.devices].map(() => '?').join(', ')})`);
    params.push(...query.devices);
  }
  if (query.obis !== undefined) {
    conditions.push('s.obis = ?');
    params.push(query.obis);
  }
  if (query.after !== undefined) {
    conditions.push('(s.start_ms, s.height, s.output_index) > (?, ?, ?)');
    params.push(query.after.startMs, query.after.height, query.after.outputIndex);
  }
  if (!query.allRevisions) conditions.push(`NOT EXISTS (SELECT 1 FROM ${table} l ${isLater})`);
  const columns = historyColumns.map((column) => `s.${column}`).join(', ');
  const sql = `SELECT ${columns} FROM ${table} s${index}
    WHERE ${conditions.join(' AND ')}
    ORDER BY s.start_ms, s.height, s.output_index LIMIT ?`;
  return { sql, params: [...params, query.countMax] };
}

const isLater = `WHERE l.chain_id = s.chain_id
  AND l.device = s.device AND l.obis = s.obis AND l.start_ms = s.start_ms
  AND l.window_ms = s.window_ms AND l.revision > s.revision`;
