// SPDX-License-Identifier: Apache-2.0
// A two-way stream of bytes without frames: a tty or a TCP connection.

export type ByteChannel = {
  /** Resolves when the system has taken all of it. */
  readonly write: (bytes: Uint8Array) => Promise<void>;
  /** Throws away what has come in and was not handed over yet. */
  readonly discardInput: () => Promise<void>;
  /** When all that was written is on the wire; undefined where the speed is set elsewhere. */
  readonly setBaudRate: ((baudRate: number) => Promise<void>) | undefined;
  readonly close: () => Promise<void>;
};

export type ByteChannelListener = {
  readonly bytes: (bytes: Uint8Array) => void;
  /** The other side is gone, or the device was pulled out; not after `close`. */
  readonly closed: (reason: string) => void;
};

/** @throws TielineError `line-closed`, with a hint */
export type OpenByteChannel = (listener: ByteChannelListener) => Promise<ByteChannel>;
