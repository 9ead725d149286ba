// SPDX-License-Identifier: Apache-2.0
// A connection opens when needed, once, and after a failure not at every request.

import { expect, test, vi } from 'vitest';
import { Connection } from '../../../../drivers/bus/connection.ts';

function openable() {
  const close = vi.fn(async () => undefined);
  const open = vi.fn(async () => ({ close }));
  return { close, open, connection: new Connection(open) };
}

test('is opened by the first use and kept', async () => {
  const { connection, open } = openable();
  expect(open).not.toHaveBeenCalled();
  expect(await connection.get()).toBe(await connection.get());
  expect(open).toHaveBeenCalledTimes(1);
});

test('is opened anew after it was dropped', async () => {
  const { connection, open, close } = openable();
  await connection.get();
  await connection.drop();
  await connection.drop();
  expect(close).toHaveBeenCalledTimes(1);
  await connection.get();
  expect(open).toHaveBeenCalledTimes(2);
});

test('a failure is given again at once, until it is time to try again', async () => {
  vi.useFakeTimers({ toFake: ['performance'] });
  try {
    const { connection, open } = openable();
    open.mockRejectedValueOnce(new Error('refused')).mockRejectedValueOnce(new Error('again'));
    await expect(connection.get()).rejects.toThrow('refused');
    await expect(connection.get()).rejects.toThrow('refused');
    expect(open).toHaveBeenCalledTimes(1);
    vi.advanceTimersByTime(500);
    await expect(connection.get()).rejects.toThrow('again');
    vi.advanceTimersByTime(999);
    await expect(connection.get()).rejects.toThrow('again');
    vi.advanceTimersByTime(1);
    await connection.get();
    expect(open).toHaveBeenCalledTimes(3);
  } finally {
    vi.useRealTimers();
  }
});

test('nothing is left open by closing while it opens', async () => {
  const { connection, close } = openable();
  const opening = connection.get();
  await connection.close();
  await expect(opening).rejects.toMatchObject({ code: 'line-closed' });
  expect(close).toHaveBeenCalledTimes(1);
  await expect(connection.get()).rejects.toMatchObject({ code: 'line-closed' });
});
