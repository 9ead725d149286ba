// SPDX-License-Identifier: Apache-2.0
// The contract's state while one entry is applied: values are decoded when first asked for and
// written back once, at the end. This is the one file that names the contract's state keys.

import { assert } from '../base/assert.ts';
import { equal, keyOf, toHex } from '../base/bytes.ts';
import type { StateView } from '../base/machine.ts';
import { decodeSchema, encodeSchema, type Schema } from '../base/schema.ts';
import type { Cursor, Late } from './closed.ts';
import { type Device, readDevice, writeDevice } from './device.ts';
import { type Layout, layoutOf } from './layout.ts';
import { readWindow, type WindowRecord, writeWindow } from './window-record.ts';

/** Schemas decoded before, by their ids; content never changes under an id. */
export type Layouts = Map<string, Layout>;

const layoutsMax = 1_024;

export class Book {
  readonly #state: StateView;
  readonly #layouts: Layouts;
  #layout: Layout | undefined;
  readonly #devices = new Map<string, Device>();
  readonly #windows = new Map<string, WindowRecord>();
  readonly #changed = new Map<string, () => void>();

  constructor(state: StateView, layouts: Layouts) {
    this.#state = state;
    this.#layouts = layouts;
  }

  /** Writes back what changed. */
  close(): void {
    for (const write of this.#changed.values()) write();
    this.#changed.clear();
  }

  /** undefined before the first schema. */
  get cursor(): Cursor | undefined {
    const [number, device] = (this.#state.get('cursor') ?? []) as [number?, string?];
    return number === undefined || device === undefined ? undefined : { number, device };
  }

  set cursor({ number, device }: Cursor) {
    this.#state.put('cursor', [number, device]);
  }

  /** In order of their UTF-16 code units, as all orders of names here. */
  get deviceNames(): readonly string[] {
    return (this.#state.get('devices') ?? []) as readonly string[];
  }

  addDeviceName(name: string): void {
    const names = this.deviceNames;
    const after = names.findIndex((other) => other > name);
    this.#state.put('devices', names.toSpliced(after === -1 ? names.length : after, 0, name));
  }

  /** In order of window, then device. */
  get late(): readonly Late[] {
    const written = (this.#state.get('late') ?? []) as readonly [number, string, boolean][];
    return written.map(([number, device, tail]) => ({ number, device, tail }));
  }

  set late(all: readonly Late[]) {
    if (all.length === 0) this.#state.delete('late');
    else
      this.#state.put(
        'late',
        all.map(({ number, device, tail }) => [number, device, tail]),
      );
  }

  addSchema(id: Uint8Array, schema: Schema): Layout {
    this.#state.put(`schema/${toHex(id)}`, encodeSchema(schema));
    return this.layout(id);
  }

  layout(id: Uint8Array): Layout {
    // Most packs are of the schema of the one before.
    if (this.#layout !== undefined && equal(this.#layout.id, id)) return this.#layout;
    const name = keyOf(id);
    this.#layout = this.#layouts.get(name);
    if (this.#layout !== undefined) return this.#layout;
    const payload = this.#state.get(`schema/${toHex(id)}`);
    assert(payload instanceof Uint8Array, 'the ledger shows a schema before its packs');
    const schema = decodeSchema(payload);
    assert(schema.ok, 'a schema in state was encoded by us');
    const layout = layoutOf(id, schema.value);
    if (this.#layouts.size >= layoutsMax) this.#layouts.clear();
    this.#layouts.set(name, layout);
    return layout;
  }

  device(name: string): Device | undefined {
    const known = this.#devices.get(name);
    if (known !== undefined) return known;
    const state = this.#state.get(`device/${name}`);
    if (state === undefined) return undefined;
    const device = readDevice(state, (id) => this.layout(id));
    this.#devices.set(name, device);
    return device;
  }

  putDevice(name: string, device: Device): void {
    this.#devices.set(name, device);
    const key = `device/${name}`;
    this.#changed.set(key, () => this.#state.put(key, writeDevice(device)));
  }

  window(device: string, number: number): WindowRecord | undefined {
    const key = windowKey(device, number);
    const known = this.#windows.get(key);
    if (known !== undefined) return known;
    const state = this.#state.get(key);
    if (state === undefined) return undefined;
    const window = readWindow(state, (id) => this.layout(id));
    this.#windows.set(key, window);
    return window;
  }

  putWindow(device: string, number: number, window: WindowRecord): void {
    const key = windowKey(device, number);
    this.#windows.set(key, window);
    this.#changed.set(key, () => this.#state.put(key, writeWindow(window)));
  }

  dropWindow(device: string, number: number): void {
    const key = windowKey(device, number);
    this.#windows.delete(key);
    this.#changed.delete(key);
    this.#state.delete(key);
  }
}

function windowKey(device: string, number: number): string {
  return `window/${number}/${device}`;
}
